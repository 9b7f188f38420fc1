"""Writes an event with an image and a precision-recall curve by TensorBoard's own code, and reads such files:

    python3 summaries.py write METRICS_DIR > summaries.hex    also writes METRICS_DIR/prcurves.json
    python3 summaries.py read DIR                             what TensorBoard finds in the event files below DIR

It takes tensorboard, and no TensorFlow: of that the plugin pr_curves uses names only, which stand here.
"""
import json
import sys
import types

import numpy as np
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.compat.tensorflow_stub import dtypes
from tensorboard.util import tensor_util

from tfevents import field, record, text  # noqa: E402


def plugin():
    """The plugin's module, which imports TensorFlow."""
    v1 = types.ModuleType("tensorflow.compat.v1")
    v1.Summary, v1.SummaryMetadata, v1.float32 = summary_pb2.Summary, summary_pb2.SummaryMetadata, dtypes.float32
    v1.make_tensor_proto = tensor_util.make_tensor_proto
    tensorflow, compat = types.ModuleType("tensorflow"), types.ModuleType("tensorflow.compat")
    tensorflow.compat, compat.v1 = compat, v1
    sys.modules.update({"tensorflow": tensorflow, "tensorflow.compat": compat, "tensorflow.compat.v1": v1})
    from tensorboard.plugins.pr_curve import summary
    return summary


def curve(pr_curve, tag, name, labels, predictions, thresholds):
    value = pr_curve.pb("x", labels, predictions, thresholds, display_name=name).value[0]
    value.tag = tag
    return value


def write(metrics):
    pr_curve = plugin()
    rng = np.random.default_rng(3)
    predictions = rng.random((40, 3), dtype=np.float32)
    predictions[:4] = [[0, 1, 0.5], [0.25, 0.75, 1], [1, 0, 0], [0.999999, 1e-7, 0.125]]
    labels = rng.random((40, 3)) < predictions
    labels[:, 2] = False  # a label that does not occur
    out = {"predictions": predictions.ravel().tolist(), "targets": labels.astype(int).ravel().tolist(), "curves": []}
    for thresholds in (2, 9, 127):
        rows = [tensor_util.make_ndarray(curve(pr_curve, "", "", labels[:, k], predictions[:, k], thresholds).tensor) for k in range(3)]
        rows.append(tensor_util.make_ndarray(curve(pr_curve, "", "", labels, predictions, thresholds).tensor))
        out["curves"].append({"thresholds": thresholds, "rows": [r.ravel().tolist() for r in rows]})
    with open(f"{metrics}/prcurves.json", "w") as f:
        json.dump(out, f, separators=(",", ":"))
        f.write("\n")

    event = event_pb2.Event(wall_time=1600000000.25, step=7)
    image = event.summary.value.add(tag="val_samples/a").image
    image.height, image.width, image.colorspace, image.encoded_image_string = 288, 192, 4, b"\x89PNG of a sample"
    event.summary.value.append(curve(pr_curve, "val_pr/07 Golgi", "07 Golgi", labels[:, 0], predictions[:, 0], 9))
    # Field by field, in the order of their numbers, as protobuf itself writes them.
    data = record(field(1, 1, np.float64(1600000000.25).tobytes()) + text(3, b"brain.Event:2"))
    data += record(event.SerializeToString(deterministic=True))
    for i in range(0, len(data), 32):
        print(data[i:i + 32].hex())


def read(folder):
    events = event_accumulator.EventAccumulator(folder, size_guidance={"images": 0, "tensors": 0, "scalars": 0})
    events.Reload()
    tags = events.Tags()
    for tag in tags["images"]:
        im = events.Images(tag)
        print("image", tag, "steps", [i.step for i in im], im[0].width, "x", im[0].height, im[0].encoded_image_string[:4])
    for tag in tags["tensors"]:
        plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
        values = [tensor_util.make_ndarray(t.tensor_proto) for t in events.Tensors(tag)]
        print(plugin, tag, "steps", [t.step for t in events.Tensors(tag)], values[0].shape, "best recall", round(float(values[-1][5].max()), 3))
    print(len(tags["scalars"]), "scalars")


if __name__ == "__main__":
    (write if sys.argv[1] == "write" else read)(sys.argv[2])
