package recipe

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestServiceGroups(t *testing.T) {
	i := made(t, `
[image]
user = "root"
service.web    = { command = ["web"], after = ["app", "cache"] }
service.app    = { command = ["app"], after = ["db"] }
service.db     = { command = ["db"] }
service.cache  = { command = ["cache"] }
service.backup = { command = ["backup"], after = ["db"] }
`, Target{Arch: DefaultArch, Suite: DefaultSuite})
	if got := groupsText(i.Image); got != "db cache | app backup | web" {
		t.Errorf("got %s", got)
	}
}

func groupsText(m *Image) string {
	var groups []string
	for _, g := range m.ServiceGroups() {
		var names []string
		for _, s := range g {
			names = append(names, s.Name)
		}
		groups = append(groups, strings.Join(names, " "))
	}
	return strings.Join(groups, " | ")
}

// What an image starts that begins with another one's: services go together, and
// a program and services take each other's place.
func TestServicesOver(t *testing.T) {
	const services = "service.a = { command = [\"a\"] }\nservice.b = { command = [\"b\"], after = [\"a\"] }\n"
	const program = "entrypoint = [\"p\"]\ncmd = [\"x\"]\nstop-signal = \"SIGQUIT\"\n"
	tests := []struct{ name, base, own, want string }{
		{"nothing said", services, "", "; a | b; SIGTERM"},
		{"one more", services, "service.c = { command = [\"c\"], after = [\"b\"] }\n", "; a | b | c; SIGTERM"},
		{"another one of the name", services, "service.a = { command = [\"a\"], after = [\"b\"] }\nservice.b = { command = [\"b\"] }\n", "; b | a; SIGTERM"},
		{"a program instead", services, program, "p x; ; SIGQUIT"},
		{"services instead", program, services, "; a | b; SIGTERM"},
		{"a program's cmd", program, "cmd = [\"y\"]\n", "p y; ; SIGQUIT"},
	}
	for _, tt := range tests {
		w, err := Load(fstest.MapFS{
			"recipes/base/recipe.toml": {Data: []byte("[image]\nuser = \"root\"\n" + tt.base)},
			"recipes/own/recipe.toml":  {Data: []byte("[image]\nfrom = \"base\"\n" + tt.own)},
		})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		m := w.Graph("own").Goals[0].Image
		got := strings.Join(append(m.Entrypoint, m.Cmd...), " ") + "; " + groupsText(m) + "; " + m.StopSignal
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestServicePackages(t *testing.T) {
	i := made(t, "[image]\nuser = \"root\"\ntimezone = \"Europe/Berlin\"\nservice.a = { command = [\"a\"] }\n", Target{Arch: DefaultArch, Suite: DefaultSuite})
	if got := strings.Join(depTexts(i.Image.packages()), " "); got != "tzdata execline s6" {
		t.Errorf("got %s", got)
	}
}
