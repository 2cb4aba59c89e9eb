"""Checks of who calls whom: circles, names of public functions, functions and rows that nobody uses."""
import re

import csource

# names that are not ours to choose
GIVEN = {"main", "__asan_default_options"}

# what code calls a row of a table
ROWS = {"why.def": "WHY_", "stats.def": "STAT_", "stages.def": "STATS_STAGE_", "log.def": "LOG_", "messages.def": "IPC_"}


def arrows(folder):
    """{module: the others of its folder whose functions it names}"""
    home = {name: module for module in folder.values() for name in module.public}
    return {module.name: {home[name].name for name in module.named & home.keys()} - {module.name}
            for module in folder.values()}


def shortest_circle(graph, start):
    """A way from start back to start, or nothing."""
    ways, seen = [[start]], set()
    for way in ways:
        for other in sorted(graph[way[-1]]):
            if other == start:
                return way + [start]
            if other not in seen:
                seen.add(other)
                ways.append(way + [other])
    return None


def check_circles(root, breaches):
    """No file calls a file that, by whatever way, calls it: arrows within a folder point one way too."""
    for folder in csource.modules(root).values():
        graph = arrows(folder)
        for name, module in folder.items():
            if way := shortest_circle(graph, name):
                breaches.judge(module.path, "circle", 1, f"calls in a circle: {' > '.join(way)}")


def check_names(root, breaches):
    """A file has a header of its name, a public function bears its file's name, and no name is there twice, in whatever process."""
    homes = {}
    for folder in csource.modules(root).values():
        for module in folder.values():
            if "h" not in module.texts and module.name != "main":
                breaches.judge(module.path, "header", 1, f"there is no {module.name}.h: who wants it must look elsewhere")
            for name in sorted(module.public - GIVEN):
                path, line = module.line_of(name)
                if name != module.name and not name.startswith(module.name + "_"):
                    breaches.judge(path, f"name:{name}", line, f"{name}() does not begin with its file's name")
                if name in homes:
                    breaches.judge(path, f"twice:{name}", line, f"{name}() is also in {homes[name]}")
                homes[name] = path


def check_unused(root, breaches):
    """A public function has a user in another file of src, or one in its own and a test; rows of tables are named in code."""
    every = [module for folder in csource.modules(root).values() for module in folder.values()]
    tables = {path: csource.bare(path.read_text()) for path in sorted((root / "src").rglob("*.def"))}
    in_tables = {name for text in tables.values() for name in csource.NAME.findall(text)}
    users = {}
    for module in every:
        for name in module.named:
            users.setdefault(name, set()).add(module)
    tests = "".join(path.read_text() for top in ("tests", "fuzz") for path in (root / top).rglob("*.[ch]"))
    tested = set(csource.NAME.findall(tests))
    for module in every:
        for name in sorted(module.public - GIVEN - in_tables):
            inner = module.by_header(name) or (module.by_itself(name) and name in tested)
            if users.get(name, set()) <= {module} and not inner:
                path, line = module.line_of(name)
                breaches.judge(path, f"unused:{name}", line, f"{name}() has no user in another file of src")
    code = "\n".join(text for module in every for text in module.texts.values())
    for path, text in tables.items():
        where = path.relative_to(root).as_posix()
        prefix = ROWS.get(path.name)
        for found in re.finditer(r"^[A-Z_]+\((\w+)", text, re.M) if prefix else ():
            if not re.search(rf"\b{prefix}{found[1]}\b", code):
                line = text.count("\n", 0, found.start()) + 1
                breaches.judge(where, f"row:{found[1]}", line, f"no code names {prefix}{found[1]}")


LOG_ROW = re.compile(r'^LOG_EVENT\((\w+),\s*"(\w*)"', re.M)


def calls_of_log(text):
    """(line, event as it is written, how the format begins) of each log_write() of a source."""
    for found in re.finditer(r"\blog_write\(", text):
        part, depth, quoted, parts = "", 1, False, []
        for i in range(found.end(), len(text)):
            quoted ^= text[i] == '"' and text[i - 1] != "\\"
            depth += 0 if quoted else {"(": 1, ")": -1}.get(text[i], 0)
            if depth == 0 or (depth == 1 and text[i] == "," and not quoted):
                parts.append(part.strip())
                part = ""
                if depth == 0:
                    break
            else:
                part += text[i]
        if len(parts) > 2:
            yield text.count("\n", 0, found.start()) + 1, parts[1], parts[2]


def check_log_calls(root, breaches):
    """A log line names a row of log.def, begins with its subject, and a name that was published stays."""
    where = "src/os/log.def"
    rows = dict(LOG_ROW.findall((root / where).read_text()))
    published = (root / "tests/structure/published_events.txt").read_text().split("\n")
    published = {name for name in published if name and not name.startswith("#")}
    for name in sorted(published - {row.lower() for row in rows}):
        breaches.add(where, 1, f"the event {name} was published, and is gone")
    for name in sorted({row.lower() for row in rows} - published):
        breaches.add(where, 1, f"the event {name} is not in tests/structure/published_events.txt")
    for path in sorted((root / "src").rglob("*.c")):
        name = path.relative_to(root).as_posix()
        for line, event, start in calls_of_log(path.read_text()) if name != "src/os/log.c" else ():
            events = re.findall(r"\bLOG_([A-Z_]+)\b", event)
            if not events or not set(events) <= rows.keys():
                breaches.add(name, line, f"log_write() must name its event: a row of log.def, not {event}")
            for subject in {rows.get(row) for row in events} - {"", None}:
                if not start.startswith(f'"{subject} %s: '):
                    breaches.add(name, line, f'this event is about one {subject}: its text must begin "{subject} %s: "')
