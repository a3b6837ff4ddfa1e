"""Where data enter and leave a network of Caffe, so that its files can be edited without loss.

Training here takes data from data sets; what these nodes say of files is kept, not read.
"""

from __future__ import annotations

from typing import ClassVar

from layers.categories import Category
from layers.diagnostics import Invalid, Problem
from layers.layer import Entry, Example, Layer, Role
from layers.params import Bool, Choice, Float, Int, Nullable, Numbers, Text
from layers.tensor import Shape, Tensor

SOURCE = "https://caffe.berkeleyvision.org/tutorial/layers/"
NO_SIZE = Problem(
    "caffe.size",
    "{layer} does not say how large its images are.",
    "Set crop_size, or height and width.",
)
ROLES = Problem(
    "caffe.python",
    "A Python layer without a shape gives what it is given, and it is given nothing.",
    "Set shape to what the layer gives for one sample.",
)


class _Data(Layer):
    """Shared ground of the data layers, which give samples and their labels."""

    category = Category.DATA
    package = "caffe"
    role: ClassVar[Role] = "data"
    min_inputs = 0
    max_inputs: ClassVar[int | None] = 0

    batch_size = Int(1, minimum=1, help="Number of samples read at once.")
    count = Int(2, minimum=1, maximum=100, help="Number of outputs: samples, labels, and so on.")

    def sample(self) -> Shape:
        """Shape of one sample. Raises Invalid."""
        raise NotImplementedError

    def output(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        labels = [Tensor((None,))] * (self.count - 1)
        samples = Tensor((None, *self.sample()))
        return (samples, *labels) if labels else samples


class _Images(_Data):
    """Shared ground of data layers that read images."""

    channels = Int(3, minimum=1, help="Channels of an image.")
    height = Nullable(Int(minimum=1, help="Height of an image, if nothing is cut out.", unit="px"))
    width = Nullable(Int(minimum=1, help="Width of an image, if nothing is cut out.", unit="px"))
    crop_size = Int(0, minimum=0, help="Side of the square cut out of images; 0 for none.")
    scale = Float(1.0, help="Factor of the values.")
    mirror = Bool(False, help="Whether images are mirrored at random.")
    mean_file = Text("", help="File with the mean image.")
    mean_value = Numbers([], help="Mean of each channel, subtracted.")
    force_color = Bool(False, help="Whether grey images get three channels.", advanced=True)
    force_gray = Bool(False, help="Whether images are made grey.", advanced=True)

    def sample(self) -> Shape:
        height, width = (
            (self.crop_size, self.crop_size) if self.crop_size else (self.height, self.width)
        )
        if height is None or width is None:
            raise Invalid(NO_SIZE, param="crop_size", layer=type(self).__name__)
        return (height, width, 1 if self.force_gray else self.channels)


class ImageData(_Images):
    """Images that a list of files names, and their labels.

    Output: (batch, height, width, channels) and (batch)
    """

    entries = (Entry("Image Data", "图像数据", keywords=("Caffe", "files")),)
    source = SOURCE + "imagedata.html"
    examples = (
        Example((), ((None, 8, 8, 3), (None,)), {"source_file": "list.txt", "crop_size": 8}),
        Example((), (None, 5, 6, 1), {"height": 5, "width": 6, "channels": 1, "count": 1}),
    )

    source_file = Text("", help="File with a path and a label on each line.")
    root_folder = Text("", help="Folder that paths are relative to.")
    new_height = Int(0, minimum=0, help="Height images are brought to; 0 for none.", unit="px")
    new_width = Int(0, minimum=0, help="Width images are brought to; 0 for none.", unit="px")
    shuffle = Bool(False, help="Whether the order is random.")
    rand_skip = Int(0, minimum=0, help="How many samples are skipped at first, at most.")
    is_color = Bool(True, help="Whether images have colours.")


class Data(_Images):
    """Samples and labels from a LevelDB or LMDB database.

    Output: (batch, height, width, channels) and (batch)
    """

    entries = (Entry("Data", "数据", keywords=("Caffe", "LMDB", "LevelDB")),)
    source = SOURCE + "data.html"
    examples = (Example((), ((None, 8, 8, 3), (None,)), {"crop_size": 8}),)

    source_file = Text("", help="Folder of the database.")
    backend = Choice(("LEVELDB", "LMDB"), "LEVELDB", help="Kind of database.")
    rand_skip = Int(0, minimum=0, help="How many samples are skipped at first, at most.")
    prefetch = Int(4, minimum=1, help="How many batches are read ahead.", advanced=True)


class WindowData(_Images):
    """Windows cut out of images for detection, and their labels.

    Output: (batch, height, width, channels) and (batch)
    """

    entries = (Entry("Window Data", "窗口数据", keywords=("Caffe", "detection")),)
    source = "Girshick et al. 2014, https://arxiv.org/abs/1311.2524"
    examples = (Example((), ((None, 8, 8, 3), (None,)), {"crop_size": 8}),)

    source_file = Text("", help="File that lists images and windows.")
    root_folder = Text("", help="Folder that paths are relative to.")
    fg_threshold = Float(0.5, minimum=0.0, maximum=1.0, help="Overlap of a foreground window.")
    bg_threshold = Float(0.5, minimum=0.0, maximum=1.0, help="Overlap of a background window.")
    fg_fraction = Float(0.25, minimum=0.0, maximum=1.0, help="Part of foreground windows.")
    context_pad = Int(0, minimum=0, help="Width of the surroundings.", unit="px")
    crop_mode = Choice(("warp", "square"), "warp", help="How windows are cut out.")
    cache_images = Bool(False, help="Whether images stay in memory.")


class HDF5Data(_Data):
    """Samples and labels from HDF5 files.

    Output: (batch, ...) and (batch)
    """

    entries = (Entry("HDF5 Data", "HDF5数据", keywords=("Caffe", "h5")),)
    source = SOURCE + "hdf5data.html"
    examples = (Example((), ((None, 4, 5), (None,)), {"shape": [4, 5]}),)

    source_file = Text("", help="File that lists the HDF5 files.")
    shape = Numbers([1], whole=True, minimum=1, help="Shape of one sample; the file decides.")
    shuffle = Bool(False, help="Whether the order is random.")

    def sample(self) -> Shape:
        return sizes(self.shape)


class MemoryData(_Data):
    """Images handed over in memory, and their labels.

    Output: (batch, height, width, channels) and (batch)
    """

    entries = (Entry("Memory Data", "内存数据", keywords=("Caffe",)),)
    source = SOURCE + "memorydata.html"
    examples = (Example((), ((None, 5, 6, 3), (None,)), {"channels": 3, "height": 5, "width": 6}),)

    channels = Int(3, minimum=1, help="Channels of an image.")
    height = Int(224, minimum=1, help="Height of an image.", unit="px")
    width = Int(224, minimum=1, help="Width of an image.", unit="px")

    def sample(self) -> Shape:
        return (self.height, self.width, self.channels)


class DummyData(_Data):
    """Made-up values, for trying a network out.

    Output: (batch, *shape)
    """

    entries = (Entry("Dummy Data", "虚拟数据", keywords=("Caffe", "constant")),)
    source = SOURCE + "dummydata.html"
    examples = (Example((), (None, 4, 5, 3), {"shape": [4, 5, 3]}),)

    count = Int(1, minimum=1, maximum=100, help="Number of outputs.")
    shape = Numbers([1], whole=True, minimum=1, help="Shape of one sample.")
    filler = Text("constant", help="How values are made: constant, gaussian, uniform, xavier, ...")
    value = Float(0.0, help="The value, where it is constant.")

    def sample(self) -> Shape:
        return sizes(self.shape)


class HDF5Output(Layer):
    """Write its inputs to an HDF5 file.

    Input:  (batch, ...) once or more
    Output: nothing
    """

    category = Category.DATA
    package = "caffe"
    role: ClassVar[Role] = "sink"
    entries = (Entry("HDF5 Output", "HDF5输出", keywords=("Caffe", "h5", "save")),)
    max_inputs: ClassVar[int | None] = None
    source = SOURCE + "hdf5output.html"
    examples = (Example(((None, 4), (None,)), (), {"file_name": "out.h5"}),)

    file_name = Text("", help="Name of the file.")

    def output(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return ()


class Silence(Layer):
    """Take what nobody else wants, so that it is not written out.

    Input:  (batch, ...) once or more
    Output: nothing
    """

    category = Category.UTILITY
    package = "caffe"
    role: ClassVar[Role] = "sink"
    entries = (Entry("Silence", "沉默", keywords=("Caffe", "ignore")),)
    max_inputs: ClassVar[int | None] = None
    source = SOURCE + "silence.html"
    examples = (Example(((None, 4), (None, 3)), ()),)

    def output(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return ()


class Python(Layer):
    """A layer written in Python for Caffe: kept in files, never run here.

    Input:  anything
    Output: (batch, *shape) so many times, or its inputs where no shape is given
    """

    category = Category.DATA
    package = "caffe"
    role: ClassVar[Role] = "sink"
    entries = (Entry("Python", "Python", keywords=("Caffe", "custom")),)
    min_inputs = 0
    max_inputs: ClassVar[int | None] = None
    source = "https://caffe.berkeleyvision.org/tutorial/layers/python.html"
    examples = (
        Example((), ((None, 4), (None, 4)), {"shape": [4], "count": 2}),
        Example((None, 4), (None, 4)),
    )

    module = Text("", help="Name of the Python module.")
    layer = Text("", help="Name of the class.")
    param_str = Text("", help="Text that is handed to the class.")
    loss_weight = Nullable(Float(help="Weight, where it is a loss."))
    shape = Nullable(Numbers(whole=True, minimum=1, help="Shape of one sample of each output."))
    count = Int(1, minimum=0, maximum=100, help="Number of outputs, where a shape is given.")

    def output(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        if self.shape is not None:
            return (Tensor((None, *sizes(self.shape))),) * self.count
        if not inputs:
            raise Invalid(ROLES, param="shape")
        return inputs


def sizes(value: float | tuple[float, ...]) -> Shape:
    """A shape given as one number or several."""
    numbers = value if isinstance(value, tuple) else (value,)
    return tuple(int(number) for number in numbers)
