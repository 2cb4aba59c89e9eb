"""Add up what a test run did: steps of ./dev, meson's tests, pytest's reports.

usage: tally.py PASSED_STEPS FAILED_STEPS RESULTS_FOLDER
Reads *.json (meson's test log) and *.xml (pytest). A Criterion program counts as the tests in it, any
other program as one. NAME-again.xml has what failed in NAME.xml, tried once more. NAME.failed says that
a suite ended badly: if no test of it is to blame, that counts as one failure. The last line is
"N passed, N failed".
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

SYNTHESIS = re.compile(r"Tested:\D*(\d+)\D*\| Passing:\D*(\d+)\D*\| Failing:\D*(\d+)\D*\| Crashing:\D*(\d+)")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def of_meson(path):
    """(passed, failed, skipped) of a testlog.json."""
    passed = failed = skipped = 0
    for line in path.read_text().splitlines():
        test = json.loads(line)
        if test["result"] == "SKIP":
            skipped += 1
            continue
        good = test["result"] in ("OK", "EXPECTEDFAIL")
        text = ESCAPE.sub("", test.get("stdout", "") + test.get("stderr", ""))
        found = SYNTHESIS.search(text)
        if found:
            tested, passing, failing, crashing = map(int, found.groups())
            passed += passing
            bad = failing + crashing + (tested == 0)  # a program whose tests were lost is no success
        else:
            passed += good
            bad = 0
        failed += bad if bad or good else 1
    return passed, failed, skipped


def of_pytest(path):
    """(passed, failed, skipped) of a JUnit report."""
    passed = failed = skipped = 0
    for suite in xml.parse(path).getroot().iter("testsuite"):
        bad = int(suite.get("failures")) + int(suite.get("errors"))
        left_out = int(suite.get("skipped"))
        passed += int(suite.get("tests")) - bad - left_out
        failed += bad
        skipped += left_out
    return passed, failed, skipped


def judge_again(suites):
    """What failed and passed when it was tried once more alone has passed; returns how many those are, by suite."""
    unsteady = {}
    for again in [name for name in suites if name.endswith("-again")]:
        name = again.removesuffix("-again")
        ran_again = suites.pop(again)
        passed, failed, skipped = suites[name]
        suites[name] = (passed + ran_again[0], failed - ran_again[0], skipped)
        unsteady[name] = ran_again[0]
    return unsteady


def main():
    rows = [("steps", (int(sys.argv[1]), int(sys.argv[2]), 0))]
    folder = pathlib.Path(sys.argv[3])
    suites = {}
    for path in sorted(folder.glob("*.json")):
        suites[path.stem] = of_meson(path)
    for path in sorted(folder.glob("*.xml")):
        suites[path.stem] = of_pytest(path)
    unsteady = judge_again(suites)
    for path in folder.glob("*.failed"):
        passed, failed, skipped = suites.get(path.stem, (0, 0, 0))
        suites[path.stem] = (passed, failed or 1, skipped)
    rows += suites.items()
    for name, (passed, failed, skipped) in rows:
        print(f"{name}: {passed + failed + skipped} ran, {passed} passed, {failed} failed"
              + (f", {skipped} skipped" if skipped else "")
              + (f"; {unsteady[name]} of them failed beside others and passed alone" if unsteady.get(name) else ""))
    print(f"{sum(r[1][0] for r in rows)} passed, {sum(r[1][1] for r in rows)} failed")


if __name__ == "__main__":
    main()
