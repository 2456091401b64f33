package image

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
)

// Services run below s6's supervisors, and what they are told stands in scripts of
// execline, which needs no shell. The root of a running image may be read-only, and
// /run begins empty: the scan directory is copied there by s6-instance-maker, which
// comes with s6. The scripts in it are links to the image's own, because engines
// mount /run without the right to execute.
const (
	s6Dir    = "/etc/s6"
	s6Init   = s6Dir + "/init"          // the image's entrypoint
	s6Status = "/run/s6/status"         // the exit status that the image is to end with
	s6Live   = "/run/s6/template"       // the copy of scan
	execline = "/usr/lib/execline/bin/" // Debian keeps its commands out of PATH
)

// Switcher is the program by which services become their users.
const Switcher = "/usr/bin/s6-applyuidgid"

// stopTime is how long services may take to stop, in ms, all together: a second less
// than container engines give an image.
const stopTime = 9000

// s6Programs are what the scripts start, and what that starts.
var s6Programs = strings.Fields(Switcher + `
	/usr/bin/s6-envuidgid /usr/bin/s6-ftrigrd /usr/bin/s6-instance-maker
	/usr/bin/s6-setuidgid /usr/bin/s6-supervise /usr/bin/s6-svc /usr/bin/s6-svlisten1 /usr/bin/s6-svscan
	/usr/bin/s6-svscanctl /usr/bin/s6-svwait
	` + execline + strings.Join(strings.Fields(`background cd dollarat eltest execlineb exit export fdmove
	foreground if ifelse importas loopwhilex redirfd unexport withstdinas`), " "+execline))

// services lays what s6 needs to run the image's services.
func (a *assembly) services(t *layer.Tree) {
	groups := a.image.ServiceGroups()
	if len(groups) == 0 {
		return
	}
	a.script(t, s6Init, `@redirfd -r 0 /dev/null
@if { @ifelse { @eltest -d `+s6Live+` } { @exit } /usr/bin/s6-instance-maker `+s6Dir+`/scan /run/s6 }
@if { @redirfd -w 1 `+s6Status+` @exit }
@background -d { `+s6Dir+`/start }
@unexport !
/usr/bin/s6-svscan `+s6Live+`
`)
	a.script(t, s6Dir+"/start", startScript(groups))
	a.script(t, s6Dir+"/stop", stopScript(groups))
	a.script(t, s6Dir+"/end", endScript)
	a.script(t, s6Dir+"/exit", `@ifelse { @eltest -s `+s6Status+` } { @redirfd -r 0 `+s6Status+` @withstdinas -E status @exit $status }
@exit
`)
	for _, signal := range []string{"SIGTERM", "SIGINT", "SIGQUIT"} {
		a.s6Link(t, "scan/.s6-svscan/"+signal, "stop")
	}
	a.s6Link(t, "scan/.s6-svscan/finish", "exit")
	for i, group := range groups {
		later := len(groups) - 1 - i // groups that are stopped before it
		for _, s := range group {
			a.service(t, s, stopTime-later*stopTime/len(groups))
		}
	}
}

// service lays the service directory of one service, which is killed so many
// milliseconds after it was told to stop.
func (a *assembly) service(t *layer.Tree, s recipe.Service, kill int) {
	dir := "scan/" + s.Name
	a.s6File(t, path.Join(s6Dir, "run", s.Name), 0o755, a.runScript(t, s, s.Command))
	if len(s.Ready) > 0 {
		a.s6File(t, path.Join(s6Dir, "ready", s.Name), 0o755, a.runScript(t, s, s.Ready))
	}
	a.s6Link(t, dir+"/run", "run/"+s.Name)
	if !s.Restart {
		a.s6Link(t, dir+"/finish", "end")
	}
	a.s6File(t, path.Join(s6Dir, dir, "down"), 0o644, "") // until start says otherwise
	a.s6File(t, path.Join(s6Dir, dir, "down-signal"), 0o644, signalText(s.StopSignal)+"\n")
	a.s6File(t, path.Join(s6Dir, dir, "timeout-kill"), 0o644, fmt.Sprintf("%d\n", kill))
}

// signalText is a signal as s6 knows it, which has no names for real-time ones.
func signalText(name string) string {
	if name == "SIGRTMIN+3" {
		return "37" // glibc keeps two of the kernel's 32 and up for itself
	}
	return cmp.Or(name, "SIGTERM")
}

// runScript becomes a program of a service, as its user.
func (a *assembly) runScript(t *layer.Tree, s recipe.Service, command []string) string {
	var b strings.Builder
	dir := cmp.Or(s.Workdir, a.image.Workdir, "/")
	fmt.Fprintf(&b, "#!%[1]sexeclineb -P\n%[1]scd %[2]s\n", execline, execlineWord(dir))
	if s.Workdir != "" && !exists(t, s.Workdir) {
		a.mkdirFor(t, s.Workdir, cmp.Or(s.User.Name, a.image.User.Name), 0o755, s.Pos)
	}
	user := s.User.Name
	if u := a.accounts.users[user]; u != nil && u.home != "" && !hasVar(s.Env, "HOME") {
		fmt.Fprintf(&b, "%sexport HOME %s\n", execline, execlineWord(u.home))
	}
	for _, v := range s.Env {
		fmt.Fprintf(&b, "%sexport %s %s\n", execline, v.Name, execlineWord(v.Value))
	}
	if number(user) != unknown {
		user += ":" + user
	}
	if user != "" {
		fmt.Fprintf(&b, "/usr/bin/s6-setuidgid %s\n", user)
	}
	program := cmp.Or(a.lookUp(t, command[0], dir), command[0]) // if it is not there, close says so
	for i, word := range append([]string{program}, command[1:]...) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(execlineWord(word))
	}
	return b.String() + "\n"
}

// startScript starts services in their order, those that are after others when these
// are ready. s6-svc fails until there is a supervisor that it can tell, which is some
// milliseconds behind s6-svscan.
func startScript(groups [][]recipe.Service) string {
	var b strings.Builder
	b.WriteString("@redirfd -w 2 /dev/null\n")
	for _, group := range groups {
		for _, s := range group {
			fmt.Fprintf(&b, "@foreground { @loopwhilex -x 0 /usr/bin/s6-svc -wu -u %s/%s }\n", s6Live, s.Name)
		}
		for _, s := range group {
			if len(s.Ready) > 0 {
				fmt.Fprintf(&b, awaitScript, s.Name, s6Live)
			}
		}
	}
	return b.String() + "@exit\n"
}

// awaitScript asks whether a service is ready until it is. s6 is never told that it
// is, so that s6-svwait waits for its 200 ms.
const awaitScript = `@foreground {
  @loopwhilex -x 0
  @ifelse -X { @redirfd -w 1 /dev/null ` + s6Dir + `/ready/%[1]s } { @exit }
  @foreground { /usr/bin/s6-svwait -U -t 200 %[2]s/%[1]s }
  @exit 1
}
`

// stopScript stops services in the order that is the reverse of the one in which
// they are started, and then s6-svscan, which stops what is left.
func stopScript(groups [][]recipe.Service) string {
	var b strings.Builder
	b.WriteString("@redirfd -w 2 /dev/null\n" +
		"@foreground { @ifelse { @eltest -s " + s6Status + " } { @exit } @redirfd -w 1 " + s6Status + " @execlineb -c @dollarat 0 }\n")
	for i := len(groups) - 1; i > 0; i-- {
		var all []string
		for _, s := range groups[i] {
			fmt.Fprintf(&b, "@foreground { /usr/bin/s6-svc -d %s/%s }\n", s6Live, s.Name)
			all = append(all, s6Live+"/"+s.Name)
		}
		fmt.Fprintf(&b, "@foreground { /usr/bin/s6-svwait -d -t %d %s }\n", stopTime/len(groups), strings.Join(all, " "))
	}
	return b.String() + "/usr/bin/s6-svscanctl -t " + s6Live + "\n"
}

// endScript ends the image when a service has ended. $1 is its exit status, or 256
// if signal $2 ended it, and $3 its name. Execline cannot add, but exit takes what
// it is given modulo 256, and 3200 is 128: so the image ends with 128+$2. 125 is for
// s6 not to start the service again.
const endScript = `@ifelse { @eltest -s ` + s6Status + ` } { @exit 125 }
@foreground {
  @redirfd -w 1 ` + s6Status + `
  @ifelse { @eltest $1 -lt 256 } { @execlineb -c @dollarat $1 }
  @ifelse { @eltest $2 -lt 10 } { @execlineb -c @dollarat 320$2 }
  @execlineb -c @dollarat 32$2
}
@foreground {
  @fdmove -c 1 2
  @ifelse { @eltest $1 -lt 256 } { @execlineb -c @dollarat "service ${3} ended with exit status ${1}, and the image with it" }
  @execlineb -c @dollarat "service ${3} was ended by signal ${2}, and the image with it"
}
@background -d { ` + s6Dir + `/stop }
@exit 125
`

// script lays a script, whose arguments are $1 and so on. Commands of execline are
// written @if, and called by their paths: what the scripts start has PATH as it is.
func (a *assembly) script(t *layer.Tree, p, text string) {
	options := " -P"
	if strings.Contains(text, "$1") {
		options = " -S3"
	}
	a.s6File(t, p, 0o755, "#!"+execline+"execlineb"+options+"\n"+strings.ReplaceAll(text, "@", execline))
}

// s6File lays a file of s6's.
func (a *assembly) s6File(t *layer.Tree, p string, mode uint32, text string) {
	f := layer.Content(p, mode, []byte(text), a.fromFile("service"))
	f.Facts = layer.FactsOf(bytes.NewReader(f.Data), f.Size)
	a.s6Put(t, f)
}

func (a *assembly) s6Link(t *layer.Tree, at, to string) {
	link := symlink(path.Join(s6Dir, at), path.Join(s6Dir, to))
	link.Origin = a.fromFile("service")
	a.s6Put(t, link)
}

// plainWord is a word that execline takes as it stands.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=,+@%-]+$`)

// execlineWord writes a word as execlineb(1) reads it.
func execlineWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

func (a *assembly) s6Put(t *layer.Tree, f *layer.File) {
	if old := t.Get(f.Path); old != nil {
		a.mistake(a.image.Services[0].Pos, "services have "+s6Dir+" for themselves", "%s: %s has a %s there", f.Path, old.Origin, old.Type)
		return
	}
	t.MkdirAll(path.Dir(f.Path), a.fromFile("service"))
	t.Put(f)
}
