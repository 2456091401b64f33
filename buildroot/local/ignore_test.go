package local

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestIgnoreAsGit asks git about pairs of patterns, of which the second takes
// back what the first ignores, and expects our answers to be the same.
func TestIgnoreAsGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("ASHLAR_NO_SKIP") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	patterns := []string{"a", "/a", "a/", "a/b", "a/*", "*.o", "**/b", "a/**", "a/**/c", "[!a]", "[^a]", "[a-c]", `\!x`, `\#y`,
		"foo ", `foo\ `, "a?c", "*", "/*", "**", "a*/b", "*/b", "b/**/d/", ".*", "*.[oa]", "a**b", `\a`, "x.o/", "/a/b/", `a\*b`, "{a,b}", "#c", ""}
	names := []string{"a", "b", "x.o", "a/b", "a/b/c", "a/c", "b/a", "c/d/b", "!x", "#y", "foo", "foo ", "abc", "b/d/e", "b/x/d/e",
		".hid", "a.a", "a*b", "axb", "aXb/c", "z/x.o/q", "q/a/b/c", "b/x/y/d/z", "{a,b}"}
	dir := t.TempDir()
	if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for i, first := range patterns {
		for _, second := range []string{"", patterns[(i+7)%len(patterns)], patterns[(i*5+11)%len(patterns)]} {
			text := first + "\n!" + second + "\n"
			want := gitIgnores(t, dir, text, names)
			g := &ignorer{dir: ".", rules: parseIgnore(text)}
			for _, name := range names {
				if got := ignoredAnywhere(g, name); got != slices.Contains(want, name) {
					t.Errorf("%q: %q is ignored: %v; git says %v", text, name, got, !got)
				}
			}
		}
	}
}

func gitIgnores(t *testing.T, dir, text string, names []string) []string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", "-C", dir, "-c", "core.excludesFile=", "check-ignore", "--no-index", "--stdin", "-z")
	cmd.Stdin = strings.NewReader(strings.Join(names, "\x00") + "\x00")
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) { // 1: none is ignored
		t.Fatal(err)
	}
	return strings.Split(string(out), "\x00")
}

// ignoredAnywhere asks for each directory above name first, as a walk does.
func ignoredAnywhere(g *ignorer, name string) bool {
	for _, dir := range parents(name) {
		if dir != "." && g.ignores(dir, true) {
			return true
		}
	}
	return g.ignores(name, false)
}

func TestIgnoreNested(t *testing.T) {
	root := &ignorer{dir: ".", rules: parseIgnore("*.log\n/out\n")}
	app := &ignorer{above: root, dir: "app", rules: parseIgnore("!keep.log\n/out2\n")}
	for name, want := range map[string]bool{
		"app/a.log": true, "app/keep.log": false, "app/x/keep.log": false, "app/out": false, "app/out2": true, "app/x/out2": false,
	} {
		if got := app.ignores(name, false); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
