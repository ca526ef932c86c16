from tastemaker.domain.training.hyperparameters import Setting
from tastemaker.recipes import catalog, registry


def test_the_catalogue_on_disk_is_what_the_registry_says():
    assert catalog.PATH.read_text() == catalog.current(), "run: python -m tastemaker.recipes.catalog"


def test_every_recipe_is_listed_once_in_the_order_of_names():
    assert [row["name"] for row in catalog.recipes()] == registry.names()


def test_every_recipe_has_its_algorithm_and_the_feature_transformation_it_names():
    algorithms = {row["algorithmArn"] for row in catalog.algorithms()}
    transformations = {row["featureTransformationArn"] for row in catalog.feature_transformations()}
    named = {row["featureTransformationArn"] for row in catalog.recipes() if "featureTransformationArn" in row}

    assert {row["algorithmArn"] for row in catalog.recipes()} == algorithms
    assert named == transformations


def test_defaults_lie_in_their_ranges():
    for row in catalog.recipes():
        for setting in map(Setting.of, (*row["hyperparameters"], *row["featurization"], *row["exploration"])):
            assert setting.allows(setting.default), f"{row['name']}: {setting.name}"
