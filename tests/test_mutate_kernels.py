"""The script that breaks kernels: what it draws are other programs, and their tests are there."""

import ast

from mutate_kernels import ALSO, KERNELS, NOT_NUMERICS, ROOT, draw, files_of


def test_mutants_of_every_module_are_other_programs():
    drawn = draw(120, seed=3)
    assert [str(mutant) for mutant in drawn] == [str(mutant) for mutant in draw(120, seed=3)]
    assert len({str(mutant) for mutant in drawn}) > 100
    for mutant in drawn:
        original = ast.unparse(ast.parse((KERNELS / mutant.module).read_text(encoding="utf-8")))
        assert mutant.text != original == ast.unparse(mutant.tree)
        compile(mutant.text, mutant.module, "exec")
    changed = {mutant.module for mutant in drawn}
    assert {"cells/lstm.py", "losses/errors.py", "optimizers.py", "gather.py", "scans/scan.py"} <= changed
    assert changed.isdisjoint(NOT_NUMERICS)


def test_modules_and_tests_that_are_named_exist():
    names = [*NOT_NUMERICS, *ALSO]
    assert [name for name in names if not (KERNELS / name).exists()] == []
    assert [test for name in names for test in files_of(name) if not (ROOT / test).exists()] == []
