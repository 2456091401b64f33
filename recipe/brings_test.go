package recipe

import (
	"strings"
	"testing"
)

// partsOf is parts as text: "zlib[main dev: libc6]".
func partsOf(parts []Part) string {
	var all []string
	for _, p := range parts {
		s := p.Recipe.Name
		if p.Recipe.Variant != "" {
			s += "@" + p.Recipe.Variant
		}
		s += "[" + strings.Join(p.Sets, " ")
		if len(p.Packages) > 0 {
			s += ": " + strings.Join(depTexts(p.Packages), " ")
		}
		all = append(all, s+"]")
	}
	return strings.Join(all, " ")
}

func TestBrings(t *testing.T) {
	const step = "[[step]]\nrun = \"make\"\n[artefacts]\n"
	w, err := Load(tree(
		"recipes/zlib/recipe.toml", "[depends]\nruntime = [\"zlib-data\"]\n"+step+"dev = [\"@dev\"]\nmain = [\"/lib/**\"]\n",
		"recipes/ssl/recipe.toml", "[variant.a]\nx = \"1\"\n[variant.b]\nx = \"2\"\n[depends]\nbuild = [\"recipe:zlib/dev\"]\n"+step+
			"dev = { files = [\"@dev\"], depends = [\"recipe:zlib/dev\", \"ssl-doc\"] }\nmain = [\"/lib/**\"]\n",
		"recipes/web/recipe.toml", "[depends]\nbuild = [\"recipe:ssl@b/dev\"]\nruntime = [\"recipe:conf\", \"curl\", \"recipe:web/extra\"]\n"+step+
			"extra = [\"/x\"]\nmain = [\"/bin/**\"]\n[image]\nuser = \"web\"\nentrypoint = [\"web\"]\ncmd = [\"-v\"]\nenv = { A = \"1\", B = \"1\" }\nstate = [\"/a\"]\n[user]\nweb = {}\n",
		"recipes/conf/recipe.toml", "[depends]\nruntime = [\"tzdata\"]\n[file]\n\"/etc/x\" = { content = \"\" }\n",
		"recipes/site/recipe.toml", "[image]\nfrom = \"web\"\nentrypoint = [\"site\"]\nenv = { B = \"2\" }\nports = [80]\n[test.x]\nrun = \"true\"\npackages = [\"recipe:ssl\"]\n",
	))
	if err != nil {
		t.Fatal(err)
	}
	g := w.Graph("site")
	site := g.Goals[0]
	web := g.Find(Dep{Recipe: "web"}, site)
	tests := []struct {
		what string
		got  []Part
		want string
	}{
		{"steps of web", g.ForSteps(web), "zlib[main dev: zlib-data] ssl@b[main dev: ssl-doc]"},
		{"image of web", g.ForImage(web), "conf[main: tzdata] web[main extra: curl]"},
		{"image of site", g.ForImage(site), "conf[main: tzdata] web[main extra: curl] site[main]"},
		{"spare of site", g.Spare(site), "zlib[main: zlib-data] ssl@b[main]"},
		{"test of site", g.ForTest(site, site.Tests[0]), "ssl@a[main]"},
	}
	for _, tt := range tests {
		if got := partsOf(tt.got); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.what, got, tt.want)
		}
	}
	var order []string
	for _, i := range g.All {
		order = append(order, i.Name+"@"+i.Variant)
	}
	if got := strings.Join(order, " "); got != "zlib@ ssl@b conf@ web@ site@ ssl@a" {
		t.Errorf("order is %s", got)
	}
	img := site.Image
	if img.User.Name != "web" || img.Entrypoint[0] != "site" || img.Cmd != nil || len(img.Env) != 2 || img.Env[1].Value != "2" || len(img.State) != 1 || img.Ports[0].Number != 80 {
		t.Errorf("site's image is %+v", img)
	}
}

func TestOtherArchitecture(t *testing.T) {
	_, err := Load(tree(
		"ashlar.toml", "[workspace]\narch = [\"amd64\", \"arm64\"]\n",
		"recipes/a/recipe.toml", "[depends]\nruntime = [\"recipe:b\", \"recipe:c [amd64]\"]\n",
		"recipes/b/recipe.toml", "[recipe]\narch = [\"amd64\"]\n",
		"recipes/c/recipe.toml", "[recipe]\narch = [\"amd64\"]\n",
	))
	if err == nil || err.Error() != "recipes/a/recipe.toml:2:12: recipe b is not built for arm64" {
		t.Errorf("got %v", err)
	}
}
