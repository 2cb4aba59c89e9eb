"""What monitoring/ ships, with Debian's Prometheus: it scrapes the exporter, its tool judges rules and every expression."""
import http.client
import json
import re
import shutil
import subprocess

import pytest
from conftest import needs_root
from exporter import Exporter
from penstock import TOP, free_port, plain_environment, wait_for

MONITORING = TOP / "monitoring"

needs_promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool (package prometheus)")
needs_prometheus = pytest.mark.skipif(not shutil.which("prometheus"), reason="needs prometheus")


def promtool(*words, folder=None):
    return subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=120, cwd=folder)


def expressions():
    """{where: expression} of the dashboard."""
    board = json.loads((MONITORING / "penstock.dashboard.json").read_text())
    found = {f"{panel['title']} {target['refId']}": target["expr"] for panel in board["panels"] for target in panel["targets"]}
    assert len(found) > 20
    return found


def as_asked(expression):
    """What Grafana makes of it for all jobs and instances."""
    return expression.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*")


@needs_promtool
def test_rules_are_sound_and_do_what_they_are_for():
    done = promtool("check", "rules", "penstock.rules.yaml", folder=MONITORING)
    assert done.returncode == 0, done.stdout + done.stderr
    done = promtool("test", "rules", "penstock.rules.test.yaml", folder=MONITORING)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_shown_and_watched_is_exported():
    known = set(re.findall(r"^\| `(penstock_\w+)` ", (TOP / "docs/METRICS.md").read_text(), re.M))
    texts = [*expressions().values(), (MONITORING / "penstock.rules.yaml").read_text()]
    named = {re.sub(r"_bucket$", "", name) for text in texts for name in re.findall(r"\bpenstock_\w+", text)}
    assert named and not named - known


class Prometheus:
    def __init__(self, folder, target):
        self.port = free_port()
        folder.mkdir()
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(MONITORING / "penstock.rules.yaml")],
            "scrape_configs": [{"job_name": "penstock", "static_configs": [{"targets": [target]}]}]}))  # JSON is YAML
        with open(folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=plain_environment())
        self.log_file = folder / "log"

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())["data"]
        except ValueError:
            return None  # while it starts it says so, in plain text
        except OSError:
            assert self.process.poll() is None, self.log_file.read_text()
            return None
        finally:
            connection.close()

    def query(self, expression):
        return promtool("query", "instant", f"http://127.0.0.1:{self.port}", expression)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


@needs_root
@needs_promtool
@needs_prometheus
def test_prometheus_scrapes_it_and_every_expression_has_an_answer(serve, bad, shared, tmp_path):
    folder = shared / "monitoring"
    folder.mkdir(mode=0o755)
    # an upstream that is connected for the whole time has a round trip to tell
    service = serve(bad, settings={"control": {"socket": str(folder / "control"), "readers": ["games"]}, "cache": {"size": "4MiB"},
                                   "timeouts": {"upstream_idle": "60s"}})
    exporter = Exporter(folder, folder / "control").wait_fresh()
    prometheus = Prometheus(tmp_path / "prometheus", f"127.0.0.1:{exporter.port}")
    try:
        wait_for(lambda: (prometheus.get("/api/v1/targets") or {}).get("activeTargets"), 60, "Prometheus has its target", interval=0.2)

        def is_scraped():
            service.ask("a.penstock.example")
            target = prometheus.get("/api/v1/targets")["activeTargets"][0]
            assert target["health"] != "down", target["lastError"]
            return "=> " in prometheus.query("penstock_queries_alive offset 2s").stdout
        wait_for(is_scraped, 60, "three scrapes", interval=0.2)
        for where, expression in expressions().items():
            done = prometheus.query(as_asked(expression))
            assert done.returncode == 0, f"{where}: {done.stderr}"
            assert done.stdout.strip() or "> 0" in expression, f"{where}: {expression} has no value"
        rules = [rule for group in prometheus.get("/api/v1/rules")["groups"] for rule in group["rules"]]
        assert len(rules) >= 7 and all(rule["health"] == "ok" for rule in rules), rules
        assert prometheus.query('count(penstock_build_info{version!=""})').stdout.split()[1:2] == ["=>"]
    finally:
        prometheus.stop()
        exporter.stop()
