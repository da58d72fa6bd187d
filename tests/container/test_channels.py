"""Which files of which channels are read, and which are refused."""

import pytest
from decision_tree.channels import check_single_host, find_channels, read_config, read_feature_names
from decision_tree.errors import PlatformError, UserError

ROW = "1,2,3\n"


def names(job: object, **config: object) -> dict[str, str]:
    return {k: c.folder.name for k, c in find_channels(job.environment, config).items()}


def test_finds_channels_by_config_or_by_folder(job: object) -> None:
    job.file("train/a.csv", ROW).file("validation/a.csv", ROW).feature_names()
    assert names(job) == {"train": "train", "validation": "validation", "metadata": "metadata"}


def test_training_is_an_alias_of_train(job: object) -> None:
    job.file("training/a.csv", ROW)
    assert names(job, training={"TrainingInputMode": "File"}) == {"train": "training"}


def test_refuses_both_names(job: object) -> None:
    job.file("training/a.csv", ROW).file("train/a.csv", ROW)
    with pytest.raises(UserError, match="channels train and training are both given"):
        names(job)


def test_refuses_a_missing_train_channel(job: object) -> None:
    with pytest.raises(UserError, match="channel train is missing"):
        names(job)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"TrainingInputMode": "Pipe"},
            "train: TrainingInputMode is Pipe; allowed: File or FastFile",
        ),
        ({"RecordWrapperType": "RecordIO"}, "train: RecordWrapperType is RecordIO; allowed: None"),
        ({"ContentType": "text/libsvm"}, "ContentType is text/libsvm; allowed: text/csv or applic"),
    ],
)
def test_refuses_settings_by_name(job: object, settings: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        names(job, train=settings)


@pytest.mark.parametrize("mode", ["File", "FastFile", None])
@pytest.mark.parametrize(
    "kind", ["text/csv", "text/CSV; charset=utf-8", "application/x-parquet", ""]
)
def test_accepts_settings(job: object, mode: str | None, kind: str) -> None:
    assert names(job, train={"TrainingInputMode": mode, "ContentType": kind}) == {"train": "train"}


def test_refuses_unknown_channels(job: object) -> None:
    with pytest.raises(UserError, match="unknown channel 'test'; allowed: train, training, valid"):
        names(job, train={}, test={})


def test_lists_nested_files_in_order_without_empty_and_hidden_ones(job: object) -> None:
    for path in ("b.csv", "a/2.csv", "a/1.csv", "a/x/0.csv", ".hidden", ".git/x.csv", "_tmp/0.csv"):
        job.file(f"train/{path}", ROW)
    job.file("train/_SUCCESS", "").file("train/empty.csv", "")
    channel = find_channels(job.environment, {})["train"]
    found = [str(file.relative_to(channel.folder)) for file in channel.files()]
    assert found == ["a/1.csv", "a/2.csv", "a/x/0.csv", "b.csv"]


def test_refuses_several_hosts() -> None:
    with pytest.raises(UserError, match="InstanceCount is 2; allowed: 1"):
        check_single_host({"hosts": ["algo-1", "algo-2"]})
    check_single_host({"hosts": ["algo-1"]})
    check_single_host({})


def test_a_missing_configuration_file_is_empty(job: object) -> None:
    assert read_config(job.environment, "hyperparameters") == {}


@pytest.mark.parametrize("content", ["{", "[]", "\x00"])
def test_a_broken_configuration_file_is_the_platforms_fault(job: object, content: str) -> None:
    job.config("hyperparameters", content)
    with pytest.raises(PlatformError, match=r"hyperparameters.json"):
        read_config(job.environment, "hyperparameters")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "must be a JSON list of non-empty strings"),
        ("[1]", "must be a JSON list of non-empty strings"),
        ('["a", ""]', "must be a JSON list of non-empty strings"),
        ('["a", "a"]', "contains a name twice"),
        ("[", "is not valid JSON"),
    ],
)
def test_refuses_bad_feature_names(job: object, content: str, message: str) -> None:
    job.file("train/a.csv", ROW).file("metadata/feature_names.json", content)
    with pytest.raises(UserError, match=message):
        read_feature_names(find_channels(job.environment, {})["metadata"])


def test_refuses_a_metadata_channel_without_the_file(job: object) -> None:
    job.file("train/a.csv", ROW).file("metadata/other.json", "[]")
    with pytest.raises(UserError, match=r"has no file feature_names.json"):
        read_feature_names(find_channels(job.environment, {})["metadata"])
