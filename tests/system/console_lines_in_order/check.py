"""Each partition's lines come whole and in its own order, none lost, whatever the slots do in between."""


def check(lines):
    for name in "ab":
        mine = [line for line in lines if line.startswith(name + ": ")]
        wanted = [f"{name}: line {n} of a text that is long enough to meet the end of a slot" for n in range(60)]
        assert mine == wanted, f"partition {name}: {len(mine)} lines, first difference at " + next(
            (repr(m) for m, w in zip(mine, wanted) if m != w), "the end")
