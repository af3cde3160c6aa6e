"""Which of torch's names give tensors: what the coach knows of the library without importing it."""

TENSOR_HOMES = frozenset(("torch", "torch.Tensor", "torch.nn.functional", "torch.linalg", "torch.special", "torch.fft"))

# in those homes, what is lower case and yet gives no tensor (or several)
NOT_TENSORS = frozenset(
    """
    device dtype compile load save manual_seed seed initial_seed no_grad enable_grad inference_mode autocast Generator
    numel result_type can_cast promote_types finfo iinfo Size typename allclose equal split chunk unbind meshgrid topk
    sort max min median mode kthvalue cummax cummin broadcast_tensors tensor_split hsplit vsplit dsplit unique
    unique_consecutive svd qr eig eigh slogdet lu frexp aminmax var_mean std_mean histogram nonzero where triangular_solve
    vmap export jit einops broadcast_shapes Tensor FloatTensor use_deterministic_algorithms are_deterministic_algorithms_enabled
    """.split()
)

# methods that give a tensor when called on one, whatever their arguments
KEEPS_A_TENSOR = frozenset(
    """
    abs add addmm amax amin all any argmax argmin argsort baddbmm bmm bool ceil clamp clone contiguous cos cpu cuda cumprod
    cumsum detach div double exp expand expand_as expm1 flatten flip float floor gather half index_add index_select int
    index_copy log log1p log2 log10 log_softmax logsumexp long masked_fill masked_select matmul mean mm movedim mul mv
    narrow neg new_empty new_full new_ones new_tensor new_zeros norm permute pow prod reciprocal relu repeat
    repeat_interleave requires_grad_ reshape roll round rsqrt scatter scatter_add scatter_reduce select sigmoid sign sin
    softmax sqrt square squeeze std sub sum swapaxes t take_along_dim tanh to transpose tril triu trunc type_as unflatten
    unfold unsqueeze var view view_as zero_
    """.split()
)

# what makes a new tensor on a device of its own choice
CREATIONS = frozenset("zeros ones empty full rand randn randint randperm arange linspace eye".split())
