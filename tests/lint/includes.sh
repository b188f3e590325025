# Every file names the standard headers that it needs, itself or through headers of the project: other versions of the standard
# library, as Debian 13's, do not bring them by chance.
cd "$SOURCE"
missing=$(python3 - <<'END'
import glob, os, re
needs = {
    "algorithm": r"(clamp|sort|stable_sort|any_of|all_of|none_of|count_if|count|find_if|find|max_element|min_element|copy_n|copy"
                 r"|fill_n|fill|transform|reverse|rotate|nth_element|unique|lower_bound|upper_bound|is_sorted|min|max)[(<]",
    "array": r"array<", "atomic": r"atomic", "bit": r"(bit_cast|popcount|bit_width|has_single_bit)", "chrono": r"chrono",
    "cmath": r"(sqrt|exp|log|log2|log10|pow|sin|cos|tanh|floor|ceil|round|llround|lround|isfinite|isnan|abs|hypot|erf)\(",
    "csignal": r"signal\(", "cstdio": r"(snprintf|fprintf|printf|fopen|fflush|fputs)\(",
    "cstdlib": r"(getenv|strtol|strtod|exit)\(",
    "cstring": r"(memcpy|memset|memcmp|memmove|strlen|strcmp|strerror)\(", "fstream": r"(i|o)fstream", "functional": r"function<",
    "limits": r"numeric_limits", "map": r"map<", "memory": r"(unique_ptr|shared_ptr|make_unique|make_shared)<",
    "mutex": r"(mutex|lock_guard|unique_lock)\b", "numeric": r"(iota|accumulate|gcd|lcm|reduce|inner_product)\(",
    "optional": r"optional<", "set": r"set<", "sstream": r"(o|i)?stringstream", "thread": r"thread\b",
}
folders = ["lib/", "tests/unit/", "tests/fuzz/", "cmd/"]


def included(path, seen):
    if path in seen:
        return set()
    seen.add(path)
    found = set(re.findall(r'#include [<"]([^>"]+)[>"]', open(path).read()))
    for name in list(found):
        for folder in folders:
            if os.path.exists(folder + name):
                found |= included(folder + name, seen)
    return found


for folder in folders:
    for path in sorted(glob.glob(folder + "**/*.cpp", recursive=True) + glob.glob(folder + "**/*.h", recursive=True)):
        text, there = re.sub(r"//.*", "", open(path).read()), included(path, set())
        for header, use in needs.items():
            if header not in there and re.search(r"\bstd::" + use, text):
                print(f"{path}: #include <{header}> is missing")
END
)
[ -z "$missing" ] || { echo "$missing"; exit 1; }
