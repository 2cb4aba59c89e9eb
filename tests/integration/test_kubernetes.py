"""packaging/kubernetes: what kubectl makes of it, against what was promised; and that our programs serve behind the filters it names.

Schemas of Kubernetes are in no package of Debian: the keys of each kind that may be written stand here, and any other is a fault.
"""
import ctypes.util
import functools
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

import dns.message
import dns.query
import pytest
import yaml

import kubelet
import penstock
from baddot import encoded
from conftest import needs_root
from penstock import SANITIZED, TOP, plain_environment, wait_for
from pki import NAME
from test_cookies import OTHER, SECRET, ask, cookie_of, is_by
from test_policies import unexplained

FOLDER = TOP / "packaging/kubernetes"
OVERLAYS = ("node-local", "service")
LOADER = TOP / "tests/fixtures/under_profile.py"
LABELS = {"app.kubernetes.io/name": "penstock", "app.kubernetes.io/component": "forwarder"}

# {kind: (apiVersion, keys by path; "*" for each item of a list, and for each label)}: another key is a word that a cluster would not know
KEYS = {
    "Namespace": ("v1", ""),
    "ServiceAccount": ("v1", "automountServiceAccountToken"),
    "ConfigMap": ("v1", "data data.*"),
    "Service": ("v1", "spec spec.clusterIP spec.type spec.externalTrafficPolicy spec.loadBalancerSourceRanges spec.internalTrafficPolicy spec.selector "
                "spec.selector.* spec.ports spec.ports.*.name spec.ports.*.port spec.ports.*.targetPort spec.ports.*.protocol"),
    "PodDisruptionBudget": ("policy/v1", "spec spec.maxUnavailable spec.selector spec.selector.matchLabels spec.selector.matchLabels.*"),
    "ServiceMonitor": ("monitoring.coreos.com/v1", "spec spec.selector spec.selector.matchLabels spec.selector.matchLabels.* spec.endpoints "
                       "spec.endpoints.*.port spec.endpoints.*.path spec.endpoints.*.interval spec.endpoints.*.scrapeTimeout"),
    "NetworkPolicy": ("networking.k8s.io/v1", "spec spec.podSelector spec.podSelector.matchLabels spec.podSelector.matchLabels.* spec.policyTypes " + " ".join(
        f"spec.{way} spec.{way}.*.{who} spec.{way}.*.{who}.*.ipBlock spec.{way}.*.{who}.*.ipBlock.cidr spec.{way}.*.{who}.*.namespaceSelector "
        f"spec.{way}.*.{who}.*.namespaceSelector.matchLabels spec.{way}.*.{who}.*.namespaceSelector.matchLabels.* spec.{way}.*.ports spec.{way}.*.ports.*.port "
        f"spec.{way}.*.ports.*.protocol" for way, who in (("ingress", "from"), ("egress", "to")))),
    "Deployment": ("apps/v1", "spec.replicas spec.strategy spec.strategy.type spec.strategy.rollingUpdate spec.strategy.rollingUpdate.maxSurge "
                   "spec.strategy.rollingUpdate.maxUnavailable"),
    "DaemonSet": ("apps/v1", "spec.updateStrategy spec.updateStrategy.type spec.updateStrategy.rollingUpdate spec.updateStrategy.rollingUpdate.maxSurge "
                  "spec.updateStrategy.rollingUpdate.maxUnavailable"),
}
METADATA = "apiVersion kind metadata metadata.name metadata.namespace metadata.labels metadata.labels.*"
POD = ("serviceAccountName automountServiceAccountToken enableServiceLinks dnsPolicy terminationGracePeriodSeconds securityContext securityContext.runAsNonRoot securityContext.fsGroup "
       "securityContext.seccompProfile securityContext.seccompProfile.type containers tolerations tolerations.*.operator topologySpreadConstraints "
       "topologySpreadConstraints.*.maxSkew topologySpreadConstraints.*.topologyKey topologySpreadConstraints.*.whenUnsatisfiable "
       "topologySpreadConstraints.*.labelSelector topologySpreadConstraints.*.labelSelector.matchLabels topologySpreadConstraints.*.labelSelector.matchLabels.* "
       "volumes volumes.*.name volumes.*.configMap volumes.*.configMap.name volumes.*.secret volumes.*.secret.secretName volumes.*.secret.defaultMode "
       "volumes.*.secret.items volumes.*.secret.items.*.key volumes.*.secret.items.*.path volumes.*.emptyDir volumes.*.emptyDir.medium volumes.*.emptyDir.sizeLimit")
CONTAINER = ("name image command args env env.*.name env.*.value env.*.valueFrom env.*.valueFrom.secretKeyRef env.*.valueFrom.secretKeyRef.name "
             "env.*.valueFrom.secretKeyRef.key env.*.valueFrom.secretKeyRef.optional env.*.valueFrom.fieldRef env.*.valueFrom.fieldRef.fieldPath ports "
             "ports.*.name ports.*.containerPort ports.*.protocol lifecycle lifecycle.preStop lifecycle.preStop.sleep lifecycle.preStop.sleep.seconds resources "
             "resources.requests resources.requests.* resources.limits resources.limits.memory volumeMounts volumeMounts.*.name volumeMounts.*.mountPath "
             "volumeMounts.*.readOnly securityContext securityContext.runAsUser securityContext.runAsGroup securityContext.privileged "
             "securityContext.allowPrivilegeEscalation securityContext.readOnlyRootFilesystem securityContext.capabilities securityContext.capabilities.drop "
             "securityContext.seccompProfile securityContext.seccompProfile.type securityContext.seccompProfile.localhostProfile " + " ".join(
                 f"{probe} {probe}.exec {probe}.exec.command {probe}.tcpSocket {probe}.tcpSocket.port {probe}.periodSeconds {probe}.timeoutSeconds "
                 f"{probe}.failureThreshold" for probe in ("startupProbe", "readinessProbe", "livenessProbe")))


def known(kind):
    keys = set((METADATA + " " + KEYS[kind][1]).split())
    if kind in ("Deployment", "DaemonSet"):
        keys |= set("spec spec.selector spec.selector.matchLabels spec.selector.matchLabels.* spec.template spec.template.metadata spec.template.metadata.labels "
                    "spec.template.metadata.labels.* spec.template.spec".split())
        keys |= {f"spec.template.spec.{key}" for key in POD.split()}
        keys |= {f"spec.template.spec.containers.*.{key}" for key in CONTAINER.split()}
    return keys


def paths(value, above=""):
    if isinstance(value, list):
        for item in value:
            yield from paths(item, above + "*.")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield above + key
            yield from paths(item, above + key + ".")


def unknown(document):
    keys = known(document["kind"])
    return [path for path in paths(document) if path not in keys and re.sub(r"(?<=data\.)penstock\.yaml$|(?<=requests\.)\w+$", "*", path) not in keys
            and re.sub(r"(?<=[Ll]abels\.).*$|(?<=spec\.selector\.)app\..*$", "*", path) not in keys]


@functools.lru_cache(maxsize=None)
def kubectl(folder):
    """What is made of a folder; a skip where no kubectl knows components, as that of Debian 12 does not."""
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl (package kubernetes-client)")
    said = subprocess.run(["kubectl", "version", "--client"], capture_output=True, text=True, timeout=30)
    version = re.search(r"Kustomize Version: v(\d+)", said.stdout)
    if version is None or int(version[1]) < 5:
        pytest.skip("this kubectl has no kustomize 5 (that of Debian 13 has)")
    made = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, timeout=60)
    assert made.returncode == 0 and not made.stderr, made.stderr
    return list(yaml.safe_load_all(made.stdout))


@pytest.fixture(params=OVERLAYS)
def rendered(request):
    """{(kind, name): document} of an overlay; a ConfigMap without the sum behind its name"""
    return {(one["kind"], re.sub(r"-[0-9a-z]{10}$", "", one["metadata"]["name"])): one for one in kubectl(FOLDER / "overlays" / request.param)}


def workload(rendered):
    return next(one for (kind, _), one in rendered.items() if kind in ("Deployment", "DaemonSet"))


def pod_of(rendered):
    return workload(rendered)["spec"]["template"]["spec"]


def container(rendered, name):
    return next(one for one in pod_of(rendered)["containers"] if one["name"] == name)


def test_each_key_is_one_of_its_kind(rendered):
    for (kind, name), one in rendered.items():
        assert one["apiVersion"] == KEYS[kind][0]
        assert unknown(one) == [], f"{kind} {name}"
        assert kind == "Namespace" or one["metadata"]["namespace"] == "penstock"


def test_a_key_that_nobody_knows_is_found():
    assert unknown({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"externalTraficPolicy": "Local"}}) == ["spec.externalTraficPolicy"]


def test_pods_are_restricted(rendered):
    """The Pod Security Standard of that name, field by field, which the namespace enforces."""
    namespace, pod = rendered["Namespace", "penstock"], pod_of(rendered)
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod)
    assert {key for volume in pod["volumes"] for key in volume} <= {"name", "configMap", "secret", "emptyDir"}
    for one in pod["containers"]:
        context = one["securityContext"]
        assert context["allowPrivilegeEscalation"] is False and context["privileged"] is False and context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["runAsUser"] >= 65532 and context["runAsGroup"] == context["runAsUser"]
        assert all(port["containerPort"] > 1023 and "hostPort" not in port for port in one["ports"])
        assert "cpu" not in one["resources"]["limits"] and one["resources"]["limits"]["memory"] and one["resources"]["requests"]["cpu"]


def test_filters_are_those_of_the_tables(rendered):
    for name, file in (("penstock", "penstock.json"), ("exporter", "penstock-exporter.json")):
        assert container(rendered, name)["securityContext"]["seccompProfile"] == {"type": "Localhost", "localhostProfile": f"penstock/{file}"}
        assert (FOLDER / "seccomp" / file).exists()


def test_without_them_the_runtimes_hold():
    base = {(one["kind"], one["metadata"]["name"]): one for one in kubectl(FOLDER / "base")}
    assert pod_of(base)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert "seccompProfile" not in container(base, "penstock")["securityContext"]


def test_nothing_comes_in_by_the_environment_but_what_is_meant(rendered):
    pod = pod_of(rendered)
    assert pod["enableServiceLinks"] is False and pod["automountServiceAccountToken"] is False and pod["dnsPolicy"] == "Default"
    secret = {entry["name"]: entry["valueFrom"]["secretKeyRef"] for entry in container(rendered, "penstock")["env"] if "valueFrom" in entry}
    assert {name: one["key"] for name, one in secret.items() if not one.get("optional")} == {
        "PENSTOCK_UPSTREAMS_0_PINS": "pins-0", "PENSTOCK_UPSTREAMS_1_PINS": "pins-1"}
    assert ("Secret", "penstock") not in rendered  # whoever keeps these files would keep the secret


def test_secrets_of_cookies_are_read_by_one_account(rendered):
    """Those of the volume: root's, and its group's to read, as cookies.secret_file demands; and no other container has it."""
    pod, settings = pod_of(rendered), yaml.safe_load(rendered["ConfigMap", "penstock"]["data"]["penstock.yaml"])
    assert {"name": "secrets", "secret": {"secretName": "penstock", "defaultMode": 0o440, "items": [{"key": "cookie-secrets", "path": "cookie-secrets"}]}} in pod["volumes"]
    assert pod["securityContext"]["fsGroup"] == container(rendered, "penstock")["securityContext"]["runAsGroup"]
    mounts = {one["name"]: [mount for mount in one["volumeMounts"] if mount["name"] == "secrets"] for one in pod["containers"]}
    assert mounts == {"penstock": [{"name": "secrets", "mountPath": os.path.dirname(settings["cookies"]["secret_file"]), "readOnly": True}], "exporter": []}
    assert os.path.basename(settings["cookies"]["secret_file"]) == "cookie-secrets" and settings["reload_on_change"] == "10s"


def test_a_changed_configuration_is_another_rollout(rendered):
    configuration = rendered["ConfigMap", "penstock"]
    assert re.fullmatch(r"penstock-[0-9a-z]{10}", configuration["metadata"]["name"])
    assert {"name": "configuration", "configMap": {"name": configuration["metadata"]["name"]}} in pod_of(rendered)["volumes"]
    assert {"name": "configuration", "mountPath": "/etc/penstock", "readOnly": True} in container(rendered, "penstock")["volumeMounts"]


def test_probes_ask_what_they_are_for(rendered):
    ours = container(rendered, "penstock")
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert ours[probe]["exec"]["command"] == ["/usr/bin/penstockctl", "healthcheck"] and ours[probe]["timeoutSeconds"] >= 5
    assert container(rendered, "exporter")["livenessProbe"]["tcpSocket"] == {"port": "metrics"}
    rest = pod_of(rendered)["terminationGracePeriodSeconds"] - ours["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert rest > 4 + 1  # timeouts.query, and a second


def test_who_shows_figures_can_change_nothing(rendered):
    exporter, ours = container(rendered, "exporter"), container(rendered, "penstock")
    assert exporter["securityContext"]["runAsUser"] != ours["securityContext"]["runAsUser"]
    assert exporter["volumeMounts"] == [{"name": "control", "mountPath": "/run/penstock", "readOnly": True}]
    settings = yaml.safe_load(rendered["ConfigMap", "penstock"]["data"]["penstock.yaml"])
    assert settings["control"] == {"readers": ["penstock-exporter"]}
    sockets = {entry["value"] for one in (exporter, ours) for entry in one["env"] if entry["name"] == "PENSTOCK_CONTROL_SOCKET"}
    assert sockets == {"/run/penstock/own/control"}


def test_ports_and_labels_agree(rendered):
    """What refers to another by a name finds it."""
    whole = workload(rendered)
    ports = {(port["name"], port["protocol"]) for one in pod_of(rendered)["containers"] for port in one["ports"]}
    assert ports == {("dns", "UDP"), ("dns-tcp", "TCP"), ("metrics", "TCP")}
    assert whole["spec"]["selector"]["matchLabels"] == whole["spec"]["template"]["metadata"]["labels"] == LABELS
    for name in ("penstock", "penstock-metrics"):
        spec = rendered["Service", name]["spec"]
        assert spec["selector"] == LABELS
        assert {(port["targetPort"], port["protocol"]) for port in spec["ports"]} <= ports
    assert {port["port"] for port in rendered["Service", "penstock"]["spec"]["ports"]} == {53}
    listen = yaml.safe_load(rendered["ConfigMap", "penstock"]["data"]["penstock.yaml"])["listen"]
    assert {address.rpartition(":")[2] for address in listen} == {str(port["containerPort"]) for port in container(rendered, "penstock")["ports"]}


def test_pods_connect_to_their_upstreams_alone(rendered):
    policy = rendered["NetworkPolicy", "penstock"]["spec"]
    settings = yaml.safe_load(rendered["ConfigMap", "penstock"]["data"]["penstock.yaml"])
    assert policy["policyTypes"] == ["Ingress", "Egress"] and len(policy["egress"]) == 1
    upstreams = {tuple(one["address"].rsplit(":", 1)) for one in settings["upstreams"]}
    assert {(one["ipBlock"]["cidr"].removesuffix("/32"), str(port["port"])) for one in policy["egress"][0]["to"] for port in policy["egress"][0]["ports"]} == upstreams
    assert all(port["protocol"] == "TCP" for port in policy["egress"][0]["ports"])
    metrics = [rule for rule in policy["ingress"] if {"port": "metrics", "protocol": "TCP"} in rule["ports"]]
    assert [rule["from"] for rule in metrics] == [[{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]]


def test_overlays_are_what_their_names_say():
    local, service = ({(one["kind"], re.sub(r"-[0-9a-z]{10}$", "", one["metadata"]["name"])): one for one in kubectl(FOLDER / "overlays" / name)}
                      for name in OVERLAYS)
    assert ("DaemonSet", "penstock") in local and ("Deployment", "penstock") not in local
    assert local["Service", "penstock"]["spec"]["internalTrafficPolicy"] == "Local"
    assert local["DaemonSet", "penstock"]["spec"]["updateStrategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert pod_of(local)["tolerations"] == [{"operator": "Exists"}]
    assert service["Service", "penstock"]["spec"]["type"] == "LoadBalancer" and service["Service", "penstock"]["spec"]["externalTrafficPolicy"] == "Local"
    outside = {block["ipBlock"]["cidr"] for rule in service["NetworkPolicy", "penstock"]["spec"]["ingress"] for block in rule["from"] if "ipBlock" in block}
    assert service["Service", "penstock"]["spec"]["loadBalancerSourceRanges"] == sorted(cidr for cidr in outside if ":" not in cidr), "nobody else from outside"
    budget = service["PodDisruptionBudget", "penstock"]["spec"]
    assert budget == {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}}
    assert service["Deployment", "penstock"]["spec"]["replicas"] > budget["maxUnavailable"]
    assert pod_of(local)["containers"] == pod_of(service)["containers"]


def test_the_operator_of_prometheus_finds_each_pod(tmp_path):
    (tmp_path / "kustomization.yaml").write_text(
        f"resources: [{os.path.relpath(FOLDER / 'overlays/service', tmp_path)}]\ncomponents: [{os.path.relpath(FOLDER / 'components/service-monitor', tmp_path)}]\n")
    rendered = {(one["kind"], one["metadata"]["name"]): one for one in kubectl(tmp_path)}
    monitor, service = rendered["ServiceMonitor", "penstock"], rendered["Service", "penstock-metrics"]
    assert unknown(monitor) == [] and monitor["metadata"]["namespace"] == service["metadata"]["namespace"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert {one["port"] for one in monitor["spec"]["endpoints"]} <= {port["name"] for port in service["spec"]["ports"]}


def test_a_changed_configuration_can_be_taken_up_in_place(tmp_path):
    (tmp_path / "kustomization.yaml").write_text(
        f"resources: [{os.path.relpath(FOLDER / 'overlays/service', tmp_path)}]\ncomponents: [{os.path.relpath(FOLDER / 'components/reload', tmp_path)}]\n")
    rendered = {(one["kind"], one["metadata"]["name"]): one for one in kubectl(tmp_path)}
    assert rendered["ConfigMap", "penstock"]["data"]["penstock.yaml"] == (FOLDER / "base/penstock.yaml").read_text()
    assert {"name": "configuration", "configMap": {"name": "penstock"}} in pod_of(rendered)["volumes"]
    assert unknown(rendered["Deployment", "penstock"]) == []


def test_each_line_of_the_configuration_is_explained():
    assert unexplained((FOLDER / "base/penstock.yaml").read_text()) == []


# ---- it runs: without a cluster, by the pod's configuration, account and filters

def settings_of(port, bad, pki, folder):
    """The configuration as it is shipped, but for what a test cannot have: its addresses, pins and readers come by the environment, as in a pod."""
    authority = folder / "ca.pem"
    shutil.copy(pki.authority.pem, authority)
    authority.chmod(0o644)
    upstreams = {f"PENSTOCK_UPSTREAMS_{i}_{key}": value for i in range(2)
                 for key, value in (("ADDRESS", bad.where), ("TLS_NAME", NAME), ("PINS", pki.good.pin))}
    return plain_environment(PENSTOCK_LISTEN=f"127.0.0.1:{port}", PENSTOCK_TLS_CA_FILE=str(authority), PENSTOCK_CONTROL_READERS="games",
                             PENSTOCK_RELOAD_ON_CHANGE="1s",
                             PENSTOCK_COOKIES_SECRET_FILE=str(folder / "secrets/cookie-secrets"),
                             PENSTOCK_CONTROL_SOCKET=str(folder / "volume/own/control"), **upstreams)


FS_GROUP = 65532
PROGRAMS = ("supervisor/penstock", "front/penstock-front", "worker/penstock-worker", "ctl/penstockctl", "exporter/penstock-exporter")


class Pod:
    """Both programs as in a pod: a volume that everybody may write to between them, and a filter and an account for each."""

    def __init__(self, folder, bad, pki):
        self.folder, self.port, self.metrics = folder, penstock.free_port(), penstock.free_port()
        folder.chmod(0o755)
        (folder / "bin").mkdir()
        for program in PROGRAMS:  # where every account may run them, as in an image; a tree may lie below /root
            shutil.copy(penstock.BUILD / "src" / program, folder / "bin")
        (folder / "volume").mkdir()
        (folder / "volume").chmod(0o777)
        self.environment = settings_of(self.port, bad, pki, folder)
        self.log = open(folder / "log", "w+")
        self.mount()
        self.tell_secrets(f"{SECRET}\n")
        self.ours = self.start("penstock", 65532, "penstock", "-c", folder / "configuration/penstock.yaml")
        self.exporter = self.start("penstock-exporter", pwd.getpwnam("games").pw_uid, "penstock-exporter", "--listen", f"127.0.0.1:{self.metrics}")

    def mount(self, change=lambda text: text):
        kubelet.publish(self.folder / "configuration", "penstock.yaml", change((FOLDER / "base/penstock.yaml").read_text()), group=FS_GROUP)

    def tell_secrets(self, text):
        kubelet.publish(self.folder / "secrets", "cookie-secrets", text, 0o440, FS_GROUP)

    def command(self, profile, uid, program, *words):
        return [*map(str, (sys.executable, LOADER, FOLDER / f"seccomp/{profile}.json", uid, self.folder / "bin" / program, *words))]

    def start(self, *words):
        return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=self.environment, cwd="/")

    def said(self):
        return (self.folder / "log").read_text()

    def healthcheck(self):
        assert self.ours.poll() is None, self.said()
        return subprocess.run(self.command("penstock", 65532, "penstockctl", "healthcheck"), capture_output=True, env=self.environment, timeout=30)

    def ask(self, name, tcp):
        query = dns.message.make_query(name, "A")
        answer = (dns.query.tcp if tcp else dns.query.udp)(query, "127.0.0.1", port=self.port, timeout=4)
        return [item.to_text() for rrset in answer.answer for item in rrset]

    def http(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}{path}", timeout=5) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def end(self):
        for process in (self.exporter, self.ours):
            process.terminate()
        return [process.wait(30) for process in (self.exporter, self.ours)]


@pytest.fixture
def pod(shared, bad, pki):
    if ctypes.util.find_library("seccomp") is None and not pathlib.Path("/usr/lib/x86_64-linux-gnu/libseccomp.so.2").exists():
        pytest.skip("there is no libseccomp to load a filter by")
    (shared / "pod").mkdir()
    made = Pod(shared / "pod", bad, pki)
    yield made
    for process in (made.exporter, made.ours):
        if process.poll() is None:
            process.kill()
            process.wait(20)


@needs_root
@pytest.mark.smoke
@pytest.mark.skipif(SANITIZED, reason="the image has no sanitizers, which have rows of their own")
def test_it_serves_behind_its_filters_without_any_right(pod):
    wait_for(lambda: pod.healthcheck().returncode == 0, 60, "a pod that is well", interval=0.3)
    for tcp in (False, True):
        assert pod.ask(f"pod{tcp}.penstock.example", tcp) == [encoded(f"pod{tcp}.penstock.example")]
    wait_for(lambda: pod.http("/readyz") == 200, 30, "figures", interval=0.3)
    assert pod.http("/metrics") == 200
    status = pathlib.Path(f"/proc/{pod.ours.pid}/status").read_text()
    assert re.search(r"^NoNewPrivs:\t1$", status, re.M) and re.search(r"^Seccomp_filters:\t2$", status, re.M)
    assert re.search(r"^CapBnd:\t0+$", status, re.M) and re.search(r"^Uid:\t65532\t65532\t65532\t65532$", status, re.M)
    # what a filter refuses, a start would tell of as a thing that is missing
    assert "Function not implemented" not in pod.said() and "workers have" in pod.said()
    pod.mount(lambda text: text + "timeouts: { query: 3s }\n")
    wait_for(lambda: "a file was changed" in pod.said() and "the new configuration is in force" in pod.said(), 30, "a reload")
    assert pod.ask("after.penstock.example", False) == [encoded("after.penstock.example")]
    assert is_by(SECRET, cookie_of(ask(pod.port, b"clientck")))
    pod.tell_secrets(f"{OTHER}\nprevious {SECRET}\n")
    wait_for(lambda: is_by(OTHER, cookie_of(ask(pod.port, b"clientck"))), 30, "the new secret")
    assert pod.end() == [0, 0], pod.said()


@pytest.mark.parametrize("name", ("penstock", "penstock-exporter"))
def test_filters_permit_nothing_far(name):
    """What no program of ours may ever ask, and what the filters of runtimes leave open at most with a right."""
    profile = json.loads((FOLDER / f"seccomp/{name}.json").read_text())
    permitted = {call for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for call in rule["names"]}
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert not permitted & {"ptrace", "process_vm_readv", "process_vm_writev", "bpf", "perf_event_open", "io_uring_setup", "userfaultfd", "keyctl", "add_key",
                            "init_module", "finit_module", "kexec_load", "open_by_handle_at", "chroot", "clone3", "mknod", "mknodat", "setuid", "setgid",
                            "setresuid", "chmod", "rename", "renameat", "personality", "fsopen", "move_mount", "memfd_secret"}
    bounded = {call for rule in profile["syscalls"] if "args" in rule for call in rule["names"]}
    assert {"socket", "clone"} <= bounded and (name == "penstock-exporter" or {"kill", "unshare", "setns", "mount", "umount2"} <= bounded)
    assert name == "penstock" or not permitted & {"kill", "unshare", "setns", "mount", "umount2", "pivot_root", "execveat", "recvmmsg"}
