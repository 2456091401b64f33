package image

import (
	"slices"
	"strings"
	"testing"
)

// s6World has packages whose programs are those that services need.
func s6World() string {
	var b strings.Builder
	b.WriteString("package s6 2.13\n")
	for _, p := range s6Programs {
		if strings.HasPrefix(p, execline) && !strings.Contains(b.String(), "package execline") {
			b.WriteString("package execline 2.9\n")
		}
		b.WriteString("f " + p + " elf=libc.so.6\n")
	}
	return b.String() + "f /usr/lib/execline/bin/elglob elf=libc.so.6\npackage app 1\nf /usr/sbin/app elf=libc.so.6\nf /opt/web elf=libc.so.6\n"
}

func TestServices(t *testing.T) {
	c := check{world: s6World(), recipe: `
[depends]
runtime = ["app", "s6", "execline"]
[user]
web = { uid = 1001, home = "/srv/web" }
[image]
user        = "root"
workdir     = "/srv"
service.app = { command = ["app", "-x", "a \"b\"\n\\ $HOME", ""], user = "www-data", env = { MODE = "", LEVEL = "1 2" } }
service.web = { command = ["./web"], user = "web", workdir = "/opt", env = { HOME = "/x" }, after = ["app"], stop-signal = "SIGRTMIN+3", restart = true }
service.log = { command = ["/usr/sbin/app"], user = "33", after = ["app"], stop-signal = "SIGQUIT", ready = ["app", "--ping"] }
service.top = { command = ["app"], after = ["log"] }
`}
	r, err := Assemble(t.Context(), c.input(t))
	if err != nil {
		t.Fatal(printed(err))
	}
	if got := strings.Join(r.Config.Entrypoint, " "); got != "/etc/s6/init" || r.Config.Cmd != nil || r.Config.User != "0:0" {
		t.Errorf("entrypoint %q, cmd %q, user %s", got, r.Config.Cmd, r.Config.User)
	}
	const x = execline
	for p, want := range map[string]string{
		"/etc/s6/run/app": "#!" + x + "execlineb -P\n" + x + "cd /srv\n" + x + "export HOME /var/www\n" + x + "export MODE \"\"\n" + x + "export LEVEL \"1 2\"\n" +
			"/usr/bin/s6-setuidgid www-data\n/usr/sbin/app -x \"a \\\"b\\\"\\n\\\\ $HOME\" \"\"\n",
		"/etc/s6/run/web":   "#!" + x + "execlineb -P\n" + x + "cd /opt\n" + x + "export HOME /x\n/usr/bin/s6-setuidgid web\n/opt/web\n",
		"/etc/s6/run/log":   "#!" + x + "execlineb -P\n" + x + "cd /srv\n/usr/bin/s6-setuidgid 33:33\n/usr/sbin/app\n",
		"/etc/s6/ready/log": "#!" + x + "execlineb -P\n" + x + "cd /srv\n/usr/bin/s6-setuidgid 33:33\n/usr/sbin/app --ping\n",
		"/etc/s6/run/top":   "#!" + x + "execlineb -P\n" + x + "cd /srv\n/usr/sbin/app\n",

		"/etc/s6/scan/app/down": "", "/etc/s6/scan/top/down": "",
		"/etc/s6/scan/app/down-signal": "SIGTERM\n", "/etc/s6/scan/web/down-signal": "37\n", "/etc/s6/scan/log/down-signal": "SIGQUIT\n",
		"/etc/s6/scan/app/timeout-kill": "3000\n", "/etc/s6/scan/log/timeout-kill": "6000\n", "/etc/s6/scan/top/timeout-kill": "9000\n",

		"/etc/s6/start": "#!" + x + "execlineb -P\n" + x + "redirfd -w 2 /dev/null\n" + started("app") + started("web") + started("log") + awaited("log") + started("top") + x + "exit\n",
	} {
		f := r.Tree.Get(p)
		if f == nil || string(f.Data) != want {
			t.Errorf("%s: got %v\n%q\nwant\n%q", p, f, f.Data, want)
		}
	}
	stop := string(r.Tree.Get("/etc/s6/stop").Data)
	for _, line := range []string{"-t 3000 " + s6Live + "/top }", "-t 3000 " + s6Live + "/web " + s6Live + "/log }", "s6-svscanctl -t " + s6Live} {
		if at := strings.Index(stop, line); at < 0 {
			t.Errorf("stop: no %q behind the others:\n%s", line, stop)
		} else {
			stop = stop[at:]
		}
	}
	if r.Tree.Get("/etc/s6/scan/app/finish") == nil || r.Tree.Get("/etc/s6/scan/web/finish") != nil {
		t.Error("a service that is started again ends the image, or another one does not")
	}
}

func awaited(name string) string {
	return strings.ReplaceAll("@foreground {\n  @loopwhilex -x 0\n  @ifelse -X { @redirfd -w 1 /dev/null /etc/s6/ready/"+name+" } { @exit }\n"+
		"  @foreground { /usr/bin/s6-svwait -U -t 200 "+s6Live+"/"+name+" }\n  @exit 1\n}\n", "@", execline)
}

func started(name string) string {
	return execline + "foreground { " + execline + "loopwhilex -x 0 /usr/bin/s6-svc -wu -u " + s6Live + "/" + name + " }\n"
}

// With cut = "needed" s6 keeps what the services need, and only that.
func TestServicesNeeded(t *testing.T) {
	c := check{world: s6World() + "f /etc/app.conf text=a\nf /etc/app.d/1 text=a\nf /etc/app.d/2 text=a\nf /etc/app.d/3 text=a\nf /etc/app.d/4 text=a\nf /etc/kept text=a\n" +
		"f /usr/share/app/a/1\nf /usr/share/app/a/2\nf /usr/share/app/3\nf /usr/bin/other elf\n" +
		"f /usr/lib/x86_64-linux-gnu/plugins/1.so elf\nf /usr/lib/x86_64-linux-gnu/plugins/x/2.so elf\n", recipe: `
[depends]
runtime = ["app", "s6", "execline"]
[image]
user        = "www-data"
cut         = "needed"
keep        = ["/etc/kept"]
service.app = { command = ["app"] }
`}
	r, err := Assemble(t.Context(), c.input(t))
	if err != nil {
		t.Fatal(printed(err))
	}
	for _, p := range s6Programs {
		if r.Tree.Get(p) == nil {
			t.Errorf("%s is gone", p)
		}
	}
	if r.Tree.Get("/usr/lib/execline/bin/elglob") != nil || r.Tree.Get("/opt/web") != nil {
		t.Error("what nobody needs is there")
	}
	want := Warning{Text: `cut = "needed" leaves out /etc/app.conf, /etc/app.d/1, /etc/app.d/2, /etc/app.d/3 and 1 more of package app: add to image.keep what a program reads`}
	if !slices.Contains(r.Report.Warnings, want) {
		t.Errorf("warnings %q, want %q", r.Report.Warnings, want.Text)
	}
	note := `cut = "needed" leaves out of package app what is below /usr/share/app (3), /usr/lib/x86_64-linux-gnu/plugins (2), /opt (1), /usr/bin (1)`
	if !slices.Contains(r.Report.Notes, note) {
		t.Errorf("notes %q, want %q", r.Report.Notes, note)
	}
}

func TestServiceMistakes(t *testing.T) {
	c := check{world: s6World(), recipe: `[depends]
runtime = ["app", "s6", "execline"]
[file]
"/etc/s6/stop" = { content = "x" }
[image]
user        = "root"
service.one = { command = ["ap"], user = "wbe" }
service.two = { command = ["./web"], workdir = "/usr" }
[user]
web = { uid = 1001 }
`}
	_, err := Assemble(t.Context(), c.input(t))
	if err == nil {
		t.Fatal("no mistake")
	}
	want := lines(`
		recipes/app/recipe.toml:7:9: /etc/s6/stop: file app file has a file there
		hint: services have /etc/s6 for themselves
		recipes/app/recipe.toml:7:9: service.one: the image has no program "ap"
		hint: did you mean "app"?
		recipes/app/recipe.toml:7:42: service "one" is to run as user "wbe", whom nobody makes
		hint: did you mean "web"?
		recipes/app/recipe.toml:8:9: service.two: the image has no program "/usr/web"
		hint: there is /opt/web: write the whole path, or add its directory to image.path
	`)
	if got := lines(printed(err)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
