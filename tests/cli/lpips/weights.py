# The weights of a network of LPIPS and of its linear layers, as torch.save writes them: random numbers that are always the same.
#
# usage: python3 weights.py alex|squeeze|vgg BACKBONE.pth LINEAR.pth
import array, collections, math, pickle, random, sys, types, zipfile

VGG = [(0, 3, 64), (2, 64, 64), (5, 64, 128), (7, 128, 128), (10, 128, 256), (12, 256, 256), (14, 256, 256), (17, 256, 512),
       (19, 512, 512), (21, 512, 512), (24, 512, 512), (26, 512, 512), (28, 512, 512)]
FIRES = [(3, 64, 16, 64), (4, 128, 16, 64), (6, 128, 32, 128), (7, 256, 32, 128), (9, 256, 48, 192), (10, 384, 48, 192),
         (11, 384, 64, 256), (12, 512, 64, 256)]
ALEX = [(0, 3, 64, 11), (3, 64, 192, 5), (6, 192, 384, 3), (8, 384, 256, 3), (10, 256, 256, 3)]
LINEAR = {"alex": [64, 192, 384, 256, 256], "vgg": [64, 128, 256, 512, 512],
          "squeeze": [64, 128, 256, 384, 384, 512, 512]}


def convolutions(network):
    if network == "alex":
        return [("features.%d" % i, o, c, k) for i, c, o, k in ALEX]
    if network == "vgg":
        return [("features.%d" % i, o, c, 3) for i, c, o in VGG]
    layers = [("features.0", 64, 3, 3)]
    for i, c, s, e in FIRES:
        name = "features.%d." % i
        layers += [(name + "squeeze", s, c, 1), (name + "expand1x1", e, s, 1), (name + "expand3x3", e, s, 3)]
    return layers


def tensors(network):
    """(name, shape, values) of the network, then of the linear layers."""
    draw = random.Random(5).random
    backbone, linear = [], []
    for name, o, c, k in convolutions(network):
        bound = math.sqrt(6 / (c * k * k))
        backbone.append((name + ".weight", (o, c, k, k),
                         array.array("f", ((2 * draw() - 1) * bound for _ in range(o * c * k * k)))))
        backbone.append((name + ".bias", (o,), array.array("f", (0.1 * draw() for _ in range(o)))))
    for i, c in enumerate(LINEAR[network]):
        linear.append(("lin%d.model.1.weight" % i, (1, c, 1, 1), array.array("f", (draw() for _ in range(c)))))
    return backbone, linear


# What torch.save writes needs two names of torch, which need not be there.
class FloatStorage:
    pass


def _rebuild_tensor_v2():
    pass


for name, module in (("torch", "torch"), ("torch._utils", "torch._utils")):
    sys.modules.setdefault(name, types.ModuleType(module))
for value, module in ((FloatStorage, "torch"), (_rebuild_tensor_v2, "torch._utils")):
    value.__module__ = module
    setattr(sys.modules[module], value.__name__, value)


class Storage:
    def __init__(self, key, size):
        self.key, self.size = key, size


class Tensor:
    def __init__(self, storage, shape):
        self.storage, self.shape = storage, shape

    def __reduce__(self):
        strides, stride = [], 1
        for side in reversed(self.shape):
            strides.insert(0, stride)
            stride *= side
        return _rebuild_tensor_v2, (self.storage, 0, self.shape, tuple(strides), False, collections.OrderedDict())


class Pickler(pickle._Pickler):
    def persistent_id(self, value):
        if isinstance(value, Storage):
            return "storage", FloatStorage, value.key, "cpu", value.size


def save(path, items):
    state = collections.OrderedDict()
    with zipfile.ZipFile(path, "w") as out:
        for key, (name, shape, values) in enumerate(items):
            state[name] = Tensor(Storage(str(key), len(values)), shape)
            out.writestr("archive/data/%d" % key, values.tobytes())
        with out.open("archive/data.pkl", "w") as file:
            Pickler(file, 2).dump(state)
        out.writestr("archive/version", "3\n")


if __name__ == "__main__":
    for path, items in zip(sys.argv[2:], tensors(sys.argv[1])):
        save(path, items)
