"""Other tools' detectors beside ours, ours in their place, and their data sets without poison."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from foretaste import ecosystem, scan
from foretaste.data import open_dataset
from foretaste.errors import BlockedError, UsageError
from foretaste.report import Report


def table() -> tuple[Any, Any]:
    """Two classes in 150 rows: no poison, one wrong label (row 0) and one far row (row 1)."""
    rng = np.random.default_rng(0)
    y = np.arange(150) % 2
    x = rng.normal(size=(150, 4)) + 4.0 * y[:, None]
    x[1] = 30.0
    y[0] = 1
    return x, y


def test_cleanlab_and_pyod_order_rows_beside_ours_and_accuse_none() -> None:
    pytest.importorskip("cleanlab", reason="pip install 'foretaste[cleanlab]'")
    models = pytest.importorskip("pyod.models.ecod", reason="pip install 'foretaste[pyod]'")
    report = scan(
        table(), plugins=[ecosystem.CleanlabDetector(), ecosystem.PyodDetector(models.ECOD())]
    )
    assert not report.findings.flagged.any()
    assert int(report.opinions["cleanlab"].argmax()) == 0
    assert int(report.opinions["pyod-ecod"].argmax()) == 1
    assert {"cleanlab", "pyod-ecod"} <= {c.detector for c in report.coverage if c.ran}


@pytest.mark.filterwarnings("ignore")  # of the toolbox itself
def test_detectors_of_the_toolbox_beside_ours() -> None:
    pytest.importorskip("torch")
    toolbox = pytest.importorskip("art.defences.detector.poison", reason="foretaste[art]")
    asked = {"nb_clusters": 2, "nb_dims": 3, "reduce": "PCA"}
    plugin = ecosystem.ArtDetector(toolbox.ActivationDefence, asked)
    first, again = (scan(table(), plugins=[plugin]) for _ in range(2))
    told = first.opinions["art-activationdefence"]
    assert set(told) == {0.0, 1.0}  # it condemns a cluster of each class, on clean data, too
    assert told.tolist() == again.opinions["art-activationdefence"].tolist()
    assert not first.findings.flagged.any()


@pytest.mark.filterwarnings("ignore")
def test_our_scan_where_the_toolbox_expects_its_own(images: tuple[Any, Any], poison: Any) -> None:
    toolbox = pytest.importorskip("art.defences.detector.poison", reason="foretaste[art]")
    pixels, labels = images
    channels_first = np.moveaxis(pixels, 3, 1).astype(np.float32) / 255
    defence = ecosystem.ArtDefence(None, channels_first, np.eye(10)[labels])
    assert isinstance(defence, toolbox.PoisonFilteringDefence)
    told, is_clean = defence.detect_poison()
    assert told["verdict"] == "confirmed"
    assert np.flatnonzero(np.array(is_clean) == 0).tolist() == poison.tolist()
    truth = np.ones(len(labels))
    truth[poison] = 0
    matrix = json.loads(defence.evaluate_defence(truth))
    assert matrix["class_7"]["TruePositive"] == {
        "rate": 100.0,
        "numerator": len(poison),
        "denominator": len(poison),
    }
    assert matrix["class_3"]["FalsePositive"]["numerator"] == 0
    assert matrix["class_3"]["TruePositive"]["rate"] == "N/A"
    with pytest.raises(UsageError, match="is_clean must have shape"):
        defence.evaluate_defence(truth[:3])


def test_a_torch_data_set_without_its_flagged_rows(
    images: tuple[Any, Any], poison: Any, report: Report
) -> None:
    torch = pytest.importorskip("torch")
    data = torch.utils.data.TensorDataset(*map(torch.as_tensor, images))
    clean = ecosystem.CleanRows(data, report)
    assert len(clean) == 500 - len(poison)
    assert sum(len(x) for x, _ in torch.utils.data.DataLoader(clean, batch_size=64)) == len(clean)
    assert torch.equal(clean[0][0], data[1][0])  # row 0 is poison
    with pytest.raises(UsageError, match="the report is of 500 rows"):
        ecosystem.CleanRows(torch.utils.data.Subset(data, range(9)), report)


@pytest.mark.filterwarnings("ignore")  # Lightning's advice on loaders and folders
def test_lightning_trains_on_what_is_left_and_on_nothing_else(
    images: tuple[Any, Any], report: Report, tmp_path: Any
) -> None:
    torch = pytest.importorskip("torch")
    lightning = pytest.importorskip("pytorch_lightning", reason="foretaste[lightning]")

    class Linear(lightning.LightningModule):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.out = torch.nn.Linear(64, 10)
            self.steps = 0

        def training_step(self, batch: Any, _: int) -> Any:
            self.steps += 1
            scores = self.out(batch[0].reshape(len(batch[0]), -1) / 255.0)
            return torch.nn.functional.cross_entropy(scores, batch[1].long())

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    def fit(data: Any) -> Any:
        model = Linear()
        trainer = lightning.Trainer(
            max_epochs=1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=tmp_path,
            callbacks=[ecosystem.PoisonGuard(report)],
        )
        trainer.fit(model, torch.utils.data.DataLoader(data, batch_size=100))
        return model

    data = torch.utils.data.TensorDataset(*map(torch.as_tensor, images))
    assert fit(ecosystem.CleanRows(data, report)).steps == 5
    with pytest.raises(BlockedError, match="look planted"):
        fit(data)
    with pytest.raises(BlockedError, match="9 rows, 500 were scanned"):
        fit(torch.utils.data.Subset(data, range(9)))


def test_hugging_face_in_and_out() -> None:
    datasets = pytest.importorskip("datasets")
    x, y = table()
    columns = {f"x{i}": x[:, i] for i in range(4)}
    data = datasets.Dataset.from_dict({**columns, "label": y})
    report = scan(data, plugins=())
    told = ecosystem.annotated(data, report, prefix="ft_")
    assert told["ft_score"] == report.findings.score.tolist()
    assert "ft_score" not in data.column_names
    assert type(report.split()[0]) is type(data)
    assert open_dataset(told, label="label", features=list(columns)).n_rows == 150
    with pytest.raises(UsageError, match="give another prefix"):
        ecosystem.annotated(told, report, prefix="ft_")
    with pytest.raises(UsageError, match="the report is of 150 rows"):
        ecosystem.annotated(data.select(range(3)), report)
