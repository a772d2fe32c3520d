"""Renders the chart with Helm's own library, for the tests beside it.

usage: chart.py render CHART VALUES.json RELEASE   the objects as one JSON list; 3 when Helm refuses
       chart.py lint CHART VALUES.json             what `helm lint --strict` says, as JSON
"""

import json
import sys

import helm_python
import yaml


def render(chart, values, release):
    with helm_python.Chart.load(chart) as loaded:
        # `helm install` does this before it renders; the library leaves it to its caller.
        loaded.validate_schema(values)
        texts = loaded.render(values, name=release, namespace="rosterd")
    objects = []
    for name, text in sorted(texts.items()):
        if name.endswith(".yaml"):
            objects += [value for value in yaml.safe_load_all(text) if value is not None]
    return objects


def main(action, chart, values, *rest):
    with open(values, encoding="utf-8") as file:
        values = json.load(file)
    try:
        result = render(chart, values, *rest) if action == "render" else helm_python.lint(chart, values, strict=True)
    except helm_python.HelmError as error:
        print(error, file=sys.stderr)
        sys.exit(3)
    json.dump(result, sys.stdout)


main(*sys.argv[1:])
