"""Independent idiom: each tile is a finished small attention, and finished parts are merged by their log-sum-exps."""

import torch


def flash_forward(q, k, v, causal=False, scale=None, block_q=64, block_k=64):
    b, h, t, d = q.shape
    hk, s = k.shape[1:3]
    scale = d**-0.5 if scale is None else scale
    wide = torch.promote_types(q.dtype, torch.float32)
    grouped = q.reshape(b, hk, (h // hk) * t, d) if h == hk else q.unflatten(1, (hk, h // hk)).flatten(2, 3)
    positions = (torch.arange(t, device=q.device) + (s - t)).repeat(h // hk)
    if not causal:
        positions = torch.full_like(positions, s)
    if h != hk:  # queries of one position side by side, so that tiles stay close to the diagonal
        order = positions.argsort(stable=True)
        grouped, positions = grouped[:, :, order], positions[order]
    outs, lses = [], []
    for place in range(0, grouped.shape[2], block_q):
        part = grouped[:, :, place : place + block_q].to(wide)
        sees = positions[place : place + block_q, None]
        out, lse = torch.zeros_like(part), part.new_full(part.shape[:3], -torch.inf)
        stop = min(s, int(sees.max()) + 1)
        for j in range(0, stop, block_k):
            keys = slice(j, min(j + block_k, stop))
            scores = (part @ k[:, :, keys].to(wide).mT) * scale
            columns = torch.arange(keys.start, keys.stop, device=q.device)
            if keys.stop - 1 > int(sees.min()):
                scores = torch.where(columns <= sees, scores, -torch.inf)
            tile_lse = torch.logsumexp(scores, -1)
            tile = torch.exp(scores - tile_lse.clamp_min(torch.finfo(wide).min)[..., None]) @ v[:, :, keys].to(wide)
            both = torch.logaddexp(lse, tile_lse)
            calm = both.clamp_min(torch.finfo(wide).min)
            out = out * torch.exp(lse - calm)[..., None] + tile * torch.exp(tile_lse - calm)[..., None]
            lse = both
        outs.append(out)
        lses.append(lse)
    if not outs:
        return torch.zeros_like(q), torch.zeros(b, h, t, dtype=wide, device=q.device)
    out, lse = torch.cat(outs, 2), torch.cat(lses, 2)
    if h != hk:
        back = order.argsort()
        out, lse = out[:, :, back], lse[:, :, back]
    return out.reshape(b, h, t, d).to(q.dtype), lse.reshape(b, h, t)
