"""Files for GitHub: workflows and templates are valid, and a release makes all its checks before it publishes."""

import re

import pytest
import yaml

from tests.kit.project_files import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yaml"))
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yaml"))


@pytest.fixture
def release():
    return yaml.safe_load((GITHUB / "workflows" / "release.yaml").read_text(encoding="utf-8"))


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_jobs_may_do_little(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    used = re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", action)] == []
    assert workflow["permissions"] in ({}, {"contents": "read"})


def test_a_release_is_checked_built_and_tried_before_it_is_published(release):
    jobs = release["jobs"]
    assert release[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads "on" so
    assert [jobs[name].get("needs") for name in ("build", "try", "publish")] == [None, "build", "try"]
    said = "\n".join(commands(jobs["build"]))
    steps = ("packaging/release_check.py", "hatchling build", "check --strict", "cyclonedx-py")
    places = [said.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)


def test_only_the_publishing_job_may_get_a_token_and_it_runs_nothing_of_ours(release):
    jobs = release["jobs"]
    assert [name for name, job in jobs.items() if "id-token" in job["permissions"]] == ["publish"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["publish"]["environment"] == "pypi"
    assert commands(jobs["publish"]) == []


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_issue_forms_have_what_github_requires(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= form.keys()
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert all(field["type"] in {"textarea", "input"} and field["attributes"]["label"] for field in fields)
    assert len({field["id"] for field in fields}) == len(fields)


@pytest.mark.parametrize(
    "name", ["SECURITY.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", ".github/pull_request_template.md"]
)
def test_what_it_links_to_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https://)([^)#]+)\)", text):
        assert (ROOT / target).is_file(), target
