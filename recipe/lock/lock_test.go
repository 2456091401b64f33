package lock

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/language"
)

const sum = "69ee2b237744036e61d24b836668aad3040dda461fe6f570f1787eab570c75aa"

func pkg(name, version string) Package {
	return Package{Name: name, Version: version, Arch: "amd64", Size: 10, SHA256: sum, From: "trixie", Path: "pool/" + name + "_" + version + ".deb"}
}

func TestRoundTrip(t *testing.T) {
	python := pkg("python3", "3.13")
	python.Pre = []string{"libexpat1", "python3-minimal"}
	l := &Lock{
		Archives: []Archive{{Name: "trixie", URI: "http://x/debian", Suite: "trixie", Components: []string{"main"}, Date: "2026-09-12T07:55:41Z"}},
		Packages: []Package{pkg("bash", "5.2"), pkg("gcc", "14"), pkg("gcc", "15"), python},
		Bases:    []Base{{Name: "trixie amd64", Packages: []string{"bash"}}},
		Sets:     []Set{{Recipe: "haproxy@3.0", Use: "test a b", Arch: "amd64", Suite: "trixie", Base: "trixie amd64", Asks: []string{`gcc (>= 14) | "x"`}, Packages: []string{"gcc=14:amd64", "python3"}}},
		Sources: []Source{
			{Name: "https://x/a?b=\"c\"", SHA256: sum, Size: 3},
			{Name: "https://x/r.git tag v1", SHA256: sum, Size: 4, Commit: sum[:40], Modules: []Module{{Path: "lib/a", URL: "https://x/a.git", Commit: sum[:40]}, {Path: "lib/b", URL: "https://x/b.git", Commit: sum}}},
		},
		Vendors: []Vendor{{Name: "app/go.sum amd64", Of: sum, Files: []VendorFile{
			{At: "go/x/@v/v1.mod", URL: "https://x/v1.mod", SHA256: sum}, {At: "go/x/@v/v1.zip", URL: "https://x/v1.zip", SHA256: sum, Size: 9}}}},
		IDs:    []ID{{Name: "_apt", Number: 100}},
		Edited: []Edited{{Recipe: "haproxy@3.0", Arch: "amd64", Path: "/etc/a b", SHA256: sum}},
	}
	text := Encode(l)
	got, err := Decode("ashlar.lock", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !reflect.DeepEqual(got, l) {
		t.Errorf("got %+v\nwant %+v\n%s", got, l, text)
	}
	if again := Encode(got); string(again) != string(text) {
		t.Errorf("encoded again:\n%s\nwant\n%s", again, text)
	}
}

func TestDecodeMistakes(t *testing.T) {
	const head = "format = 1\n"
	const row = `size = 1, sha256 = "` + sum + `", from = "t", path = "p" }` + "\n"
	tests := []struct{ name, src, want string }{
		{"no TOML", "format = = 1", "ashlar.lock:1:"},
		{"vendor outside", "format = 1\n[vendor.\"x\"]\nof = \"" + sum + "\"\nfiles = [{ at = \"../x\", url = \"u\", sha256 = \"" + sum + "\" }]\n", "is no place in a cache"},
		{"merge conflict", head + "<<<<<<< HEAD\n", "ashlar.lock:2:1: git has left both sides of a merge here"},
		{"merge conflict in the first line", "<<<<<<< HEAD\n" + head, "ashlar.lock:1:1: git has left both sides of a merge here"},
		{"another format", "format = 9\n", "ashlar.lock:1:1: this lock has format 9; this ashlar reads 1"},
		{"unknown key", head + "pakage = 1\n", `ashlar.lock:2:1: unknown key "pakage"`},
		{"unknown key of a package", head + "[package]\n\"a 1 amd64\" = { sise = 1 }\n", `ashlar.lock:3:17: unknown key "package.a 1 amd64.sise"`},
		{"unknown table", head + "[pakage]\na = 1\n[base.b.c]\n", "ashlar.lock:2:2: unknown key \"pakage\""},
		{"table in a value", head + "[base.b.c]\n", `ashlar.lock:2:9: unknown key "base.b.c"`},
		{"key of a value", head + "[base]\nb.packages.c = 1\n", `ashlar.lock:3:12: unknown key "base.b.packages.c"`},
		{"value of another kind", head + "[package]\n\"a 1 amd64\" = { size = \"1\" }\n", `ashlar.lock:3:17: package.a 1 amd64.size is not what ashlar writes there`},
		{"list of another kind", head + "[base.b]\npackages = [1]\n", `ashlar.lock:3:1: base.b.packages is not what ashlar writes there`},
		{"tables of another kind", head + "[source]\na = { modules = [1] }\n", `ashlar.lock:3:7: source.a.modules is not what ashlar writes there`},
		{"value for a table", head + "package = 1\n", `ashlar.lock:2:1: package is not what ashlar writes there`},
		{"list of tables", head + "[[set]]\n", `ashlar.lock:2:3: set is no list`},
		{"package twice", head + "[package]\n\"a 1 amd64\" = { size = 1 }\n\"a 1 amd64\" = { size = 1 }\n", `ashlar.lock:4:1: package.a 1 amd64 stands twice`},
		{"set twice", head + "[set.\"n build amd64\"]\n[set.\"n build amd64\"]\n", `ashlar.lock:3:6: table set.n build amd64 stands twice`},
		{"value twice", head + "[id]\na = 1\na = 2\n", `ashlar.lock:4:1: id.a stands twice`},
		{"newer format", "format = 2\n[else]\na = 1\n", "ashlar.lock:1:1: this lock has format 2; this ashlar reads 1"},
		{"package without digest", head + "[package]\n\"a 1 amd64\" = { size = 1, from = \"t\", path = \"p\" }\n", `ashlar.lock:3:2: "a 1 amd64" has no SHA-256`},
		{"path that climbs", head + "[package]\n\"a 1 amd64\" = { size = 1, sha256 = \"" + sum + "\", from = \"t\", path = \"../p\" }\n", `package "a 1 amd64" lacks`},
		{"package name", head + "[package]\n\"a 1\" = { " + row, `"a 1" should have 3 words`},
		{"set of unknown packages", head + "[base.b]\npackages = [\"b\"]\n", `"b" names "b", which no line of [package] has`},
		{"set of unknown base", head + "[set.\"n build amd64\"]\nbase = \"x\"\n", `base "x" is not there`},
		{"edited file", head + "[edited]\n\"nginx /etc/x\" = \"" + sum + "\"\n", `edited file "nginx /etc/x" is not named by recipe, architecture and path`},
		{"set like none", head + "[base.b]\n[set.\"n build amd64\"]\nbase = \"b\"\nlike = \"x build amd64\"\n", `set "n build amd64" is like "x build amd64", which lists no packages`},
		{"set name", head + "[set.\"nginx\"]\n", `set "nginx" is not named by recipe, use and architecture`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode("ashlar.lock", []byte(tt.src))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			for _, e := range diag.Of(err) {
				if e.Hint == "" {
					t.Errorf("%v has no hint", e)
				}
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Encode(&Lock{Packages: []Package{pkg("a", "1")}}))
	f.Fuzz(func(t *testing.T, src []byte) {
		l, err := Decode("ashlar.lock", src)
		if err != nil {
			return
		}
		if again, err := Decode("ashlar.lock", Encode(l)); err != nil || string(Encode(again)) != string(Encode(l)) {
			t.Errorf("%v\n%s", err, Encode(l))
		}
	})
}

// archive is a Resolver that knows one version of each package, and brings a
// base of one package.
type archive struct {
	versions map[string]string
	date     string
	asked    int
	text     string // of what Read returns
	held     []string

	mu   sync.Mutex
	pins []string // names of sources that were asked for
}

func (a *archive) Resolve(_ context.Context, reqs []Request) ([]Answer, error) {
	a.asked += len(reqs)
	var answers []Answer
	for _, r := range reqs {
		held := map[string]Package{}
		for _, p := range r.Hold {
			held[p.Name] = p
			a.held = append(a.held, fullName(p))
		}
		have := func(name string) Package {
			if p, ok := held[name]; ok {
				return p
			}
			p := pkg(name, a.versions[name])
			p.SHA256 = p.SHA256[:63] + p.Version
			return p
		}
		answer := Answer{Base: []Package{have("bash")}, Archives: []Archive{{Name: "trixie", Date: cmp.Or(a.date, "2026")}}}
		for _, w := range r.Want {
			answer.Packages = append(answer.Packages, have(w.Relation))
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

func (a *archive) Pin(_ context.Context, _ *recipe.Instance, s recipe.Source, _ Source) (Source, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	a.pins = append(a.pins, SourceName(s))
	return Source{Name: SourceName(s), SHA256: sum, Size: 1, Commit: s.Commit}, nil
}

func (a *archive) Read(_ context.Context, _ *recipe.Instance, _ recipe.Source, _ Source, name string) ([]byte, error) {
	return []byte(name + a.text), nil
}

func (a *archive) Vendor(_ context.Context, kind language.Kind, in language.Input) ([]VendorFile, error) {
	a.asked++
	return []VendorFile{{At: string(kind) + "/x", URL: "https://x.example/x", SHA256: sum, Size: 7}}, nil
}

func instance(name string, build ...string) *recipe.Instance {
	i := &recipe.Instance{Name: name, Target: recipe.Target{Arch: "amd64", Suite: "trixie"}, Steps: []recipe.Step{{}}}
	for _, b := range build {
		i.Build = append(i.Build, recipe.Dep{Text: b})
	}
	return i
}

func makeLock(t *testing.T, old *Lock, a *archive, o Options, instances ...*recipe.Instance) *Lock {
	t.Helper()
	none := func(*recipe.Instance) []Archive { return nil }
	l, err := Make(t.Context(), old, &recipe.Graph{}, instances, none, a, a, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode("ashlar.lock", Encode(l)); err != nil {
		t.Fatalf("%v\n%s", err, Encode(l))
	}
	return l
}

func setsOf(l *Lock) string {
	var lines []string
	for _, s := range l.Sets {
		base, _ := l.Base(s.Base)
		lines = append(lines, s.Recipe+" on "+s.Base+" "+strings.Join(base.Packages, ",")+": "+strings.Join(s.Packages, ","))
	}
	return strings.Join(lines, "; ")
}

func TestMake(t *testing.T) {
	a := &archive{versions: map[string]string{"bash": "1", "gcc": "1", "make": "1"}}
	l := makeLock(t, &Lock{}, a, Options{}, instance("a", "gcc"))
	if got, want := setsOf(l), "a on trixie amd64 bash: gcc"; got != want {
		t.Fatalf("first lock: %q, want %q", got, want)
	}

	// What is pinned stays, even when the archive has moved on and asks nobody.
	a.versions["gcc"], a.asked = "2", 0
	if l = makeLock(t, l, a, Options{}, instance("a", "gcc")); a.asked != 0 {
		t.Errorf("the archive was asked %d times for a lock that fits", a.asked)
	}
	if l.Index()["gcc"].Version != "1" {
		t.Errorf("a pin moved: %v", l.Packages)
	}

	// A new recipe gets what the archive has now; the old one does not move.
	l = makeLock(t, l, a, Options{}, instance("a", "gcc"), instance("b", "gcc"))
	if got, want := setsOf(l), "a on trixie amd64 bash: gcc=1:amd64; b on trixie amd64 bash: gcc=2:amd64"; got != want {
		t.Errorf("with a second recipe: %q, want %q", got, want)
	}

	// A base that moved stands beside the old one until all have moved.
	a.versions["bash"] = "2"
	l = makeLock(t, l, a, Options{}, instance("a", "gcc"), instance("b", "gcc", "make"))
	if got, want := setsOf(l), "a on trixie amd64 bash=1:amd64: gcc=1:amd64; b on trixie amd64 2 bash=2:amd64: gcc=2:amd64,make"; got != want {
		t.Errorf("with a moved base: %q, want %q", got, want)
	}
	l = makeLock(t, l, a, Options{Move: func(Set) bool { return true }}, instance("a", "gcc"), instance("b", "gcc", "make"))
	if got, want := setsOf(l), "a on trixie amd64 bash: gcc; b on trixie amd64 bash: gcc,make"; got != want {
		t.Errorf("after moving all: %q, want %q", got, want)
	}

	// What nobody needs any more is gone.
	l = makeLock(t, l, a, Options{}, instance("b", "gcc", "make"))
	if len(l.Sets) != 1 || len(l.Packages) != 3 {
		t.Errorf("left: %s and %v", setsOf(l), l.Packages)
	}
}

func TestMakeSources(t *testing.T) {
	a := &archive{}
	i := &recipe.Instance{Name: "a", Sources: []recipe.Source{{URLs: []string{"u"}}, {URLs: []string{"v"}, SHA256: sum}}}
	l := makeLock(t, &Lock{}, a, Options{}, i)
	if len(l.Sources) != 1 || l.Sources[0].Name != "u" || a.asked != 1 {
		t.Errorf("sources %v after %d questions", l.Sources, a.asked)
	}
	makeLock(t, l, a, Options{}, i)
	if a.asked != 1 {
		t.Errorf("a pinned source was asked for again")
	}
}

// What moves is asked for again as far as its recipe leaves it open, and what is
// shared by what does not, too. A commit that a recipe says is not what the lock says.
func TestFollow(t *testing.T) {
	other := strings.Repeat("0", 40)
	source := func(s recipe.Source) recipe.Source { s.Git = []string{"r"}; return s }
	one := &recipe.Instance{Name: "one", Sources: []recipe.Source{
		source(recipe.Source{Tag: "v1"}), source(recipe.Source{Branch: "b"}), source(recipe.Source{Commit: other}),
		{URLs: []string{"u"}}, {URLs: []string{"v"}, SHA256: sum}, {URLs: []string{"w"}, SHA512: sum + sum}}}
	two := &recipe.Instance{Name: "two", Sources: []recipe.Source{source(recipe.Source{Branch: "b"}), source(recipe.Source{Branch: "b", NoSubmodules: true})}}
	a := &archive{}
	l := makeLock(t, &Lock{}, a, Options{}, one, two)
	names := func() string {
		slices.Sort(a.pins)
		got := strings.Join(a.pins, ", ")
		a.pins = nil
		return got
	}
	if got, want := names(), "r branch b, r branch b without submodules, r commit "+other+", r tag v1, u, w"; got != want {
		t.Errorf("asked for %s\nwant %s", got, want)
	}
	makeLock(t, l, a, Options{Follow: func(i *recipe.Instance) bool { return i == one }}, two, one)
	if got, want := names(), "r branch b, r tag v1, u"; got != want {
		t.Errorf("asked for %s\nwant %s", got, want)
	}
	one.Sources[0].Commit = other
	makeLock(t, l, a, Options{}, one, two)
	if got, want := names(), "r tag v1"; got != want {
		t.Errorf("asked for %s\nwant %s", got, want)
	}
	two.Sources = append(two.Sources, source(recipe.Source{Tag: "v1", Commit: strings.Repeat("1", 40)}))
	if _, err := Make(t.Context(), l, &recipe.Graph{}, []*recipe.Instance{one, two}, func(*recipe.Instance) []Archive { return nil }, a, a, Options{}); err == nil || !strings.Contains(err.Error(), "another recipe has it at commit "+other) {
		t.Errorf("two commits of a tag: %v", err)
	}
}

// TestVendor locks a source whose lock file changes.
func TestVendor(t *testing.T) {
	i := instance("app")
	i.Steps = nil
	i.Sources = []recipe.Source{{Dir: "app", Vendor: []recipe.Ref{{Name: "go.sum"}}}}
	archives := func(*recipe.Instance) []Archive { return nil }
	a := &archive{}
	var l = &Lock{}
	for n, want := range []int{1, 1, 2} { // how often it was asked after each
		if n == 2 {
			a.text = "changed"
		}
		var err error
		if l, err = Make(t.Context(), l, &recipe.Graph{}, []*recipe.Instance{i, i}, archives, a, a, Options{}); err != nil {
			t.Fatal(err)
		}
		if a.asked != want || len(l.Vendors) != 1 || l.Vendors[0].Name != "app/go.sum amd64" || len(l.Vendors[0].Files) != 1 {
			t.Errorf("%d: asked %d times for %+v; want %d", n, a.asked, l.Vendors, want)
		}
	}
}

func TestMay(t *testing.T) {
	a := &archive{versions: map[string]string{"bash": "1", "gcc": "1", "make": "1"}}
	all := func(Set) bool { return true }
	one, two := instance("a", "gcc", "make"), instance("b", "make")
	l := makeLock(t, &Lock{}, a, Options{}, one, two)
	a.versions["gcc"], a.versions["make"] = "2", "2"
	a.held = nil
	next := makeLock(t, l, a, Options{Move: all, May: func(_, p Package) bool { return p.Name == "gcc" }}, one, two)
	if got, want := setsOf(next), "a on trixie amd64 bash: gcc,make; b on trixie amd64 bash: make"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := strings.Join(a.held, " "), "make=1:amd64"; got != want {
		t.Errorf("held %q, want %q", got, want)
	}
	var lines []string
	for _, m := range Diff(l, next) {
		lines = append(lines, fmt.Sprint(m.Name, " ", m.Old[0].Version, " → ", m.New[0].Version)+" for "+strings.Join(m.For("build"), ","))
	}
	if got, want := strings.Join(lines, "; "), "gcc 1 → 2 for a"; got != want {
		t.Errorf("moves %q, want %q", got, want)
	}
	next = makeLock(t, l, a, Options{Move: all, May: func(_, _ Package) bool { return false }}, one, two)
	if string(Encode(next)) != string(Encode(l)) {
		t.Errorf("nothing may move, and\n%s\nbecame\n%s", Encode(l), Encode(next))
	}
}

// A package for another architecture than what uses it is told apart.
func TestDiffForeign(t *testing.T) {
	with := func(version string) *Lock {
		l := &Lock{}
		for _, arch := range []string{"amd64", "arm64"} {
			l.Packages = append(l.Packages, Package{Name: "lib", Version: version, Arch: arch, SHA256: version + arch})
		}
		l.Sets = []Set{
			{Recipe: "cross", Use: "build", Arch: "amd64", Packages: []string{"lib=" + version + ":amd64", "lib=" + version + ":arm64"}},
			{Recipe: "both", Use: "build", Arch: "arm64", Packages: []string{"lib=" + version + ":arm64"}},
		}
		return l
	}
	var lines []string
	for _, m := range Diff(with("1"), with("2")) {
		lines = append(lines, m.Name+" "+m.Old[0].Version+" → "+m.New[0].Version+" for "+strings.Join(m.For("build"), ","))
	}
	if got, want := strings.Join(lines, "; "), "lib 1 → 2 for both,cross; lib:arm64 1 → 2 for cross"; got != want {
		t.Errorf("moves %q, want %q", got, want)
	}
}

// A line of a package that did not move does not change, whatever else moves.
func TestDates(t *testing.T) {
	a := &archive{versions: map[string]string{"bash": "1", "gcc": "1", "make": "1"}, date: "2026-01-01"}
	l := makeLock(t, &Lock{}, a, Options{}, instance("a", "gcc", "make"))
	a.versions["gcc"], a.date = "2", "2026-02-01"
	next := makeLock(t, l, a, Options{Move: func(Set) bool { return true }}, instance("a", "gcc", "make"))
	before := strings.Split(string(Encode(l)), "\n")
	var changed []string
	for _, line := range strings.Split(string(Encode(next)), "\n") {
		if !slices.Contains(before, line) {
			changed = append(changed, line)
		}
	}
	if len(changed) != 1 || !strings.HasPrefix(changed[0], `"gcc 2 amd64" = `) || !strings.Contains(changed[0], `date = "2026-02-01"`) {
		t.Errorf("lines that changed: %q", changed)
	}
	a.versions["bash"], a.versions["make"], a.date = "3", "3", "2026-03-01"
	next = makeLock(t, next, a, Options{Move: func(Set) bool { return true }}, instance("a", "gcc", "make"))
	if at, _ := next.Archive("trixie"); at.Date != "2026-02-01" || next.Index()["gcc"].Date != "" || next.Index()["make"].Date != "2026-03-01" {
		t.Errorf("%s", Encode(next))
	}
}
