package recipe

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// tree makes a workspace of names and texts by turns.
func tree(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

func recipeNames(w *Workspace) string {
	var all []string
	for _, r := range w.Recipes {
		all = append(all, r.Name)
	}
	return strings.Join(all, " ")
}

func TestLoad(t *testing.T) {
	fsys := tree(
		"recipes/b/recipe.toml", "[depends]\nbuild = [\"recipe:c\"]\n",
		"recipes/c/recipe.toml", "[image]\nfrom = \"d@v\"\n",
		"recipes/d/recipe.toml", "[variant.v]\nx = \"1\"\n",
		"recipes/a/recipe.toml", "[recipe]\nversion = \"1\"\n",
		"recipes/notes.txt", "",
		"recipes/empty/README", "",
	)
	tests := []struct {
		names []string
		want  string
	}{
		{nil, "a b c d"},
		{[]string{"a"}, "a"},
		{[]string{"b"}, "b c d"},
		{[]string{"d@v", "c", "d"}, "c d"},
	}
	for _, tt := range tests {
		w, err := Load(fsys, tt.names...)
		if err != nil || recipeNames(w) != tt.want {
			t.Errorf("Load(%q): %v, want %q", tt.names, err, tt.want)
			continue
		}
		for _, r := range w.Recipes {
			if w.Recipe(r.Name) != r {
				t.Errorf("Recipe(%q) is another one", r.Name)
			}
		}
		if w.Recipe("zz") != nil {
			t.Error("there is a recipe zz")
		}
	}
}

func TestLoadNothing(t *testing.T) {
	w, err := Load(tree())
	if err != nil || len(w.Recipes) != 0 || w.Suite != "trixie" || !slices.Equal(w.Arches, []string{"amd64"}) {
		t.Errorf("an empty workspace is %+v, %v", w, err)
	}
}

func TestLoadFails(t *testing.T) {
	fsys := tree("recipes/nginx/recipe.toml", "[variant.v]\nx = \"1\"\n", "recipes/bad/recipe.toml", "[imag]\n")
	tests := []struct{ name, want string }{
		{"ngnix", `no recipe is called "ngnix" (did you mean "nginx"?)`},
		{"recipes/nginx/", `no recipe is called "recipes/nginx/" (did you mean "nginx"?)`},
		{"./recipes/nginx/recipe.toml", `no recipe is called "./recipes/nginx/recipe.toml" (did you mean "nginx"?)`},
		{"nginx@w", `recipe nginx has no variant "w" (did you mean "v"?)`},
		{"bad", `recipes/bad/recipe.toml:1:2: unknown key "imag" in the top of the file`},
	}
	for _, tt := range tests {
		if _, err := Load(fsys, tt.name); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
	if _, err := Load(fsys, "nginx"); err != nil {
		t.Errorf("a mistake elsewhere stops nginx: %v", err)
	}
}

// brokenFS has files that cannot be read.
type brokenFS struct{ fs.FS }

func (f brokenFS) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".toml") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.FS.Open(name)
}

func TestLoadUnreadable(t *testing.T) {
	_, err := Load(brokenFS{tree("ashlar.toml", "")})
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, want permission denied", err)
	}
}

func TestArchives(t *testing.T) {
	const settings = `
[workspace]
suite = "bookworm"
arch = ["amd64", "arm64"]

[archive.debian]
uri = "http://mirror.example.com/debian/"
components = ["main", "contrib"]

[archive.own]
uri = "https://deb.example.com/${suite}"
suite = "./"
signed-by = "own.asc"
include = ["own-*"]
only.suite = ["trixie", "bookworm"]
`
	w, err := Load(tree("ashlar.toml", settings, "own.asc", "", "recipes/a/recipe.toml", ""))
	if err != nil {
		t.Fatal(err)
	}
	line := func(a Archive) string {
		return strings.Join([]string{a.Name, a.URI, a.Suite, strings.Join(a.Components, ","), a.SignedBy.Name, strings.Join(a.Include, ",")}, " ")
	}
	tests := []struct {
		suite string
		want  []string
	}{
		{"trixie", []string{
			"debian-trixie http://mirror.example.com/debian trixie main,contrib  ",
			"debian-updates-trixie http://deb.debian.org/debian trixie-updates main  ",
			"debian-security-trixie http://deb.debian.org/debian-security trixie-security main  ",
			"own-trixie https://deb.example.com/trixie ./  //own.asc own-*",
		}},
		{"sid", []string{
			"debian-sid http://mirror.example.com/debian sid main,contrib  ",
		}},
	}
	for _, tt := range tests {
		var got []string
		for _, a := range w.Archives(tt.suite) {
			got = append(got, line(a))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.suite, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
	want := []Target{{"", "amd64", "bookworm"}, {"", "arm64", "bookworm"}}
	if got := w.Targets(w.Recipe("a")); !slices.Equal(got, want) {
		t.Errorf("targets are %v", got)
	}
}

func TestArchivesWithoutSettings(t *testing.T) {
	w, err := Load(tree())
	if err != nil {
		t.Fatal(err)
	}
	all := w.Archives("trixie")
	if len(all) != 3 || all[2].URI != "http://deb.debian.org/debian-security" || all[2].Suite != "trixie-security" {
		t.Errorf("archives are %+v", all)
	}
}

// The recipes of this repository are a workspace.
func TestOwnRecipes(t *testing.T) {
	w, err := Load(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	if w.Recipe("nginx") == nil {
		t.Errorf("nginx is not among %q", recipeNames(w))
	}
}
