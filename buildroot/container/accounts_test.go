package container

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/job"
)

// What the C library asks for by key is answered and told, and whoever opens a file
// of accounts ends the job.
func TestContainerAccounts(t *testing.T) {
	needProgram(t, "perl")
	const passwd = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:the daemon:/usr/sbin:/usr/sbin/nologin\n"
	const group = "root:x:0:\ndaemon:x:1:\nadm:x:4:daemon,root\n"
	k := start(t, Options{})
	for _, test := range []struct{ script, says, asked, opened string }{
		{"cat /etc/hostname; ls -n /etc | grep passwd", "etc", "", ""},
		{"getent passwd daemon 0 nobody", "daemon:x:1:1:the daemon:/usr/sbin:/usr/sbin/nologin\nroot:x:0:0:root:/root:/bin/sh\n", "0 daemon nobody", ""},
		{"getent group adm 1 nobody", "adm:x:4:daemon,root\ndaemon:x:1:\n", "1 adm nobody", ""},
		{"id -u daemon; id -gn daemon", "1\ndaemon\n", "1 daemon", ""},
		{"id -Gn daemon; sleep 5", "", "", "/etc/group"},
		{"touch /f; chown daemon:adm /f && echo owned", "owned\n", "adm daemon", ""},
		{"chown nobody /f 2>/dev/null || echo none", "none\n", "nobody", ""},
		{"perl -e 'print join(q(,), (getpwnam(q(daemon)))[2,7]); sleep 5'", "", "", "/etc/shadow"},
		{"getent hosts localhost", "localhost", "", ""},
		{"getent passwd; echo still here", "", "", "/etc/passwd"},
		{"getent passwd daemon; while read -r l; do :; done </etc/group; sleep 5", "daemon:x:1:1:the daemon:/usr/sbin:/usr/sbin/nologin\n", "", "/etc/group"},
		{"echo x >>/etc/passwd; sleep 5", "", "", "/etc/passwd"},
		{"ln /etc/group /g; cat /g; sleep 5", "", "", "/etc/group"},
		{"mv /etc/group /g; cat /g; sleep 5", "", "", "/etc/group"},
		{"cat /etc/shadow; sleep 5", "", "", "/etc/shadow"},
	} {
		j := shell(t, test.script)
		layer := scratch(t)
		mkdir(t, filepath.Join(layer, "var"), 0o755)
		for name, text := range map[string]string{"passwd": passwd, "group": group, "shadow": "root:*:::::::\n", "hostname": "etc\n",
			"hosts": "127.0.0.1 localhost\n", "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n"} {
			write(t, filepath.Join(layer, "etc", name), text)
		}
		if err := os.Symlink("/run", filepath.Join(layer, "var", "run")); err != nil {
			t.Fatal(err)
		}
		j.Layers = append([]string{layer}, j.Layers...)
		j.Accounts = &job.Accounts{Passwd: []byte(passwd), Group: []byte(group)}
		out, res := try(t, k, j)
		if test.opened == "" && !strings.Contains(out, test.says) || test.opened != "" && strings.Contains(out, "still") && res.Exit == 0 {
			t.Errorf("%s: status %d, printed %q, want %q", test.script, res.Exit, out, test.says)
		}
		if test.opened == "" { // else it may have been stopped earlier or later
			same(t, test.script+": asked", strings.Join(res.Asked, " "), test.asked)
		}
		same(t, test.script+": opened", res.Opened, test.opened)
	}
}

// Whoever asks for more accounts than anybody needs has seen them all.
func TestContainerManyAccounts(t *testing.T) {
	k := start(t, Options{})
	j := shell(t, "getent passwd $(seq 2000)")
	layer := scratch(t)
	write(t, filepath.Join(layer, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")
	mkdir(t, filepath.Join(layer, "var"), 0o755)
	if err := os.Symlink("/run", filepath.Join(layer, "var/run")); err != nil {
		t.Fatal(err)
	}
	j.Layers, j.Accounts = append([]string{layer}, j.Layers...), &job.Accounts{}
	if _, res := try(t, k, j); len(res.Asked) != maxAsked || res.Opened != "/etc/passwd" {
		t.Errorf("asked for %d, opened %q", len(res.Asked), res.Opened)
	}
}

// Whatever a program sends, the answer is one, or none.
func FuzzAccountsAnswer(f *testing.F) {
	for kind := range byte(17) {
		f.Add([]byte("\x02\x00\x00\x00" + string([]byte{kind, 0, 0, 0}) + "\x05\x00\x00\x00root\x00"))
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		a := &accounts{passwd: [][]string{{"root", "x", "0", "0", "", "/root", "/bin/sh"}}, group: [][]string{{"root", "x", "0", "a,,b"}}, asked: map[string]bool{}}
		answer := a.answer(bytes.NewReader(request))
		if answer == nil {
			return
		}
		var head struct{ Version, Found int32 }
		if err := binary.Read(bytes.NewReader(answer), binary.NativeEndian, &head); err != nil || head.Version != nscdVersion || head.Found < -1 || head.Found > 1 {
			t.Fatalf("%q: %q", request, answer)
		}
		if (head.Found >= 0) != (len(a.asked) == 1) {
			t.Fatalf("%q: found %d, asked %v", request, head.Found, a.asked)
		}
	})
}
