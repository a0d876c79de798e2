"""docs/features.md: every row is there, and every test that it names."""
import re
import unittest

import ophost_test as t

ROWS = [f"{seed}-{n}" for seed, last in ((0, 8), (1, 12), (3, 35), (4, 13)) for n in range(1, last + 1)]


class Features(t.Case):
    def test_every_row_and_every_test_exist(self):
        text = (t.SOURCE / "docs" / "features.md").read_text()
        rows = {}
        for line in text.splitlines():
            if found := re.match(r"\| (\d-\d+(?:, \d-\d+)*) \| (.+) \| (.+) \|$", line):
                for row in found[1].split(", "):
                    self.assertNotIn(row, rows)
                    rows[row] = found[3]
        self.assertEqual(sorted(rows), sorted(ROWS))
        missing = []
        for row, shown in rows.items():
            named = re.findall(r"`([^`]+\.(?:py|cpp))::([^`]+)`", shown)
            if not named and not re.search(r"\b(not|No|no)\b", shown):
                missing.append(f"{row}: neither a test nor a reason")
            for file, name in named:
                path = t.SOURCE / file
                if not path.exists():
                    missing.append(f"{row}: no file {file}")
                    continue
                code = path.read_text()
                pattern = rf"\bdef {re.escape(name)}\(" if name.startswith("test_") else \
                    rf"TEST(_F)?\(\w+, {re.escape(name)}\)" if file.endswith(".cpp") else rf"\brow\(f?\"{re.escape(name)}\""
                if not re.search(pattern, code):
                    missing.append(f"{row}: no {name} in {file}")
        self.assertEqual(missing, [], "\n".join(missing))


if __name__ == "__main__":
    t.main()
