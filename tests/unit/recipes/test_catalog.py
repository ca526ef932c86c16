from tastemaker.recipes import catalog, registry


def test_the_catalogue_on_disk_is_what_the_registry_says():
    assert catalog.PATH.read_text() == catalog.current(), "run: python -m tastemaker.recipes.catalog"


def test_built_recipes_are_marked():
    assert [row["name"] for row in catalog.recipes() if row["built"]] == registry.names()


def test_every_recipe_of_aws_is_listed_once():
    names = [row["name"] for row in catalog.recipes()]

    assert len(names) == len(set(names)) == 25
    assert names == sorted(names)


def test_every_recipe_has_its_algorithm_and_feature_transformation():
    algorithms = {row["algorithmArn"] for row in catalog.algorithms()}
    transformations = {row["featureTransformationArn"] for row in catalog.feature_transformations()}

    for row in catalog.recipes():
        assert row["algorithmArn"] in algorithms
        assert row["featureTransformationArn"] in transformations


def test_defaults_lie_in_their_ranges():
    for name in registry.names():
        metadata = registry.get(name).metadata
        for setting in (*metadata.hyperparameters, *metadata.featurization, *metadata.exploration):
            assert setting.allows(setting.default), f"{name}: {setting.name}"


def test_values_outside_a_range_are_refused():
    (dimension, *_, mask) = registry.get("aws-user-personalization").metadata.hyperparameters

    assert not any(dimension.allows(value) for value in ("31", "257", "40.5", "many", ""))
    assert mask.allows("false")
    assert not mask.allows("no")
