package image

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
)

// part reads another recipe that has these artefacts.
func part(t *testing.T, name, text, outputs string) Part {
	t.Helper()
	r, err := recipe.Parse("recipes/"+name+"/recipe.toml", []byte(text))
	if err != nil {
		t.Fatal(printed(err))
	}
	i, err := r.Instance(recipe.Target{Arch: "amd64"})
	if err != nil {
		t.Fatal(printed(err))
	}
	p := Part{Recipe: i, Asks: i.Runtime, Files: map[string][]byte{}}
	if outputs != "" {
		p.Outputs = []Output{outputOf(t, name, outputs)}
	}
	return p
}

func assembled(t *testing.T, recipe string, outputs []Output, parts ...Part) (*Result, error) {
	t.Helper()
	return Assemble(t.Context(), check{recipe: recipe, outputs: outputs, parts: parts, world: "package tool 1\nf /usr/bin/tool\n"}.input(t))
}

// What a recipe brings travels; what stands below its [image] does not.
func TestPartsTravel(t *testing.T) {
	lib := part(t, "lib", `
[user]
web = { uid = 33, home = "/home/web" }
[dir]
"/srv/x" = { owner = "web" }
[file]
"/etc/lib" = { content = "a = 1\n" }
[link]
"/etc/alias" = "lib"
[edit."/etc/lib"]
format = "ini"
set.a = "2"
[depends]
runtime = ["tool"]
[image]
user = "root"
file."/etc/own" = { content = "only there" }
`, "f /usr/lib/liba.so.1 elf")
	res, err := assembled(t, "[edit.\"/etc/lib\"]\nformat = \"ini\"\nset.a = \"3\"\n[image]\nuser = \"web\"", nil, lib)
	if err != nil {
		t.Fatal(printed(err))
	}
	got := listing(res)
	for _, want := range []string{"web:web /srv/x (file lib dir)", "/etc/alias -> lib", `"a = 3\n" (edit app`, "/usr/lib/liba.so.1", "/usr/bin/tool (package tool 1)", "web:web /home/web "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "/etc/own") {
		t.Errorf("what stands below [image] came along:\n%s", got)
	}
}

// A recipe that steps saw comes if one of its libraries is needed.
func TestPartsSpare(t *testing.T) {
	lib := part(t, "lib", "[depends]\nruntime = [\"recipe:data\"]\n", "f /usr/lib/liba.so.1 elf so=liba.so.1")
	data := part(t, "data", "", "f /usr/share/data")
	other := part(t, "other", "", "f /usr/lib/libb.so.1 elf so=libb.so.1")
	lib.Spare, data.Spare, other.Spare = true, true, true
	res, err := assembled(t, "[image]\nuser = \"root\"", []Output{outputOf(t, "app", "f /usr/bin/app elf=liba.so.1")}, data, lib, other)
	if err != nil {
		t.Fatal(printed(err))
	}
	got := listing(res)
	if !strings.Contains(got, "liba.so.1") || !strings.Contains(got, "/usr/share/data") || strings.Contains(got, "libb") {
		t.Errorf("the image has\n%s", got)
	}
}

func TestPartsDisagree(t *testing.T) {
	tests := []struct{ name, first, second, own, want string }{
		{"files", "[file]\n\"/etc/x\" = { content = \"1\" }", "[file]\n\"/etc/x\" = { content = \"2\" }", "",
			"recipes/b/recipe.toml:2:1: file /etc/x: recipes a and b bring different files there\nhint: say replace = true in the recipe whose file it is to be\n"},
		{"the same bytes", "[file]\n\"/etc/x\" = { content = \"1\" }", "[file]\n\"/etc/x\" = { content = \"1\" }", "", ""},
		{"one says that it is meant", "[file]\n\"/etc/x\" = { content = \"1\" }", "", "[file]\n\"/etc/x\" = { content = \"2\", replace = true }\n", ""},
		{"users", "[user]\nu = { uid = 7 }", "[user]\nu = { uid = 8 }", "",
			"recipes/b/recipe.toml:2:1: user u: recipes a and b make it differently\nhint: write the same in both, or leave it to one of them\n"},
		{"directories", "[dir]\n\"/d\" = { mode = \"0700\" }", "[dir]\n\"/d\" = {}", "",
			"recipes/b/recipe.toml:2:1: directory /d: file a dir makes it with another mode or owner\nhint: make it the same in both\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := assembled(t, tt.own+"[image]\nuser = \"root\"", nil, part(t, "a", tt.first, ""), part(t, "b", tt.second, ""))
			got := ""
			if err != nil {
				got = printed(err)
			}
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
	_, err := assembled(t, "[image]\nuser = \"root\"", nil, part(t, "a", "", "f /usr/lib/x text=1"), part(t, "b", "", "f /usr/lib/x text=2"))
	if err == nil || !strings.Contains(printed(err), "/usr/lib/x: recipe b and recipe a install both have it") {
		t.Errorf("two artefacts in one place: %v", err)
	}
}

// An image that begins with another one adds what differs.
func TestPartsBase(t *testing.T) {
	app := []Output{outputOf(t, "app", "f /usr/bin/app text=1")}
	base, err := assembled(t, "[image]\nuser = \"root\"", app)
	if err != nil {
		t.Fatal(printed(err))
	}
	in := check{recipe: "[file]\n\"/etc/y\" = { content = \"2\" }\n[image]\nuser = \"root\"", outputs: app, world: "package tool 1\nf /usr/bin/tool\n"}.input(t)
	in.Base = base.Tree
	res, err := Assemble(t.Context(), in)
	if err != nil {
		t.Fatal(printed(err))
	}
	var files []string
	for _, l := range res.Layers {
		for _, f := range l.Files {
			if f.Type != layer.Dir {
				files = append(files, f.Path)
			}
		}
	}
	if got := strings.Join(files, " "); got != "/etc/y" {
		t.Errorf("the layers on the base hold %s", got)
	}
}
