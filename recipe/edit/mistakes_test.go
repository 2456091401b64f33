package edit

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

var update = flag.Bool("update", false, "rewrite testdata/mistakes.txt")

const sshdLines = "# what it is\n#PermitRootLogin prohibit-password\nUsePAM yes\nAcceptEnv LANG\n\nMatch User alice\n\tX11Forwarding no\n"

const nginxLines = "http {\n    server {\n        listen 80;\n        root /a;\n    }\n    server {\n        listen 81;\n        root /b;\n    }\n    #gzip on;\n}\n"

// mistakes has one of each kind that an operation can be.
func mistakes() []struct{ file, in, op string } {
	return []struct{ file, in, op string }{
		// Not there.
		{"/etc/ssh/sshd_config", sshdLines, `unset = "PermitRootLogin", count = 1`},
		{"/etc/ssh/sshd_config", sshdLines, `rename = "PermitRootLogin", to = "X"`},
		{"/etc/ssh/sshd_config", sshdLines, `set = "UsePAN", to = "no", was = "yes"`},
		{"/etc/ssh/sshd_config", sshdLines, `comment = "X11Forwarding"`},
		{"/etc/ssh/sshd_config", sshdLines, `uncomment = "Banner"`},
		{"/etc/ssh/sshd_config", sshdLines, `uncomment = "UsePAM", count = 1`},
		{"/etc/ssh/sshd_config", sshdLines, `set = "Match[args='User bob']/X11Forwarding", to = "no"`},
		{"/etc/nginx/nginx.conf", nginxLines, `set = "htp/gzip", to = "on"`},
		{"/etc/nginx/nginx.conf", nginxLines, `set = "events/worker_connections", to = "9"`},
		{"/etc/php.ini", "[PHP]\nengine = On\n", `set = "Date/date.timezone", to = "UTC"`},
		{"/etc/hosts", "127.0.0.1 localhost\n", `remove = "127.0.0.1", value = "db"`},
		{"/etc/redis/redis.conf", "# save points come here.\n# Saving is slow\nport 1\n", `unset = "save"`},
		// Not once.
		{"/etc/nginx/nginx.conf", nginxLines, `set = "http/server/root", to = "/c"`},
		{"/etc/nginx/nginx.conf", nginxLines, `set = "http/server/index", to = "a"`},
		{"/etc/apt/sources.list", "deb http://a x main\ndeb http://b x main\n", `set = "deb", arg = "uri", to = "http://c"`},
		// Another value.
		{"/etc/ssh/sshd_config", sshdLines, `set = "UsePAM", to = "no", was = "maybe"`},
		{"/etc/ssh/sshd_config", sshdLines, `set = "PermitRootLogin", to = "no", was = "yes"`},
		{"/etc/apache2/apache2.conf", "CustomLog a b\n", `set = "CustomLog", arg = 1, to = "c", was = "d"`},
		{"/etc/apache2/apache2.conf", "CustomLog a b\n", `set = "CustomLog", arg = 3, to = "c"`},
		{"/etc/fstab", "/dev/a / ext4 ro 0 1\n", `set = "'/dev/a'", arg = "option", to = "rw"`},
		// Without effect.
		{"/etc/ssh/sshd_config", sshdLines, `line = "UsePAM no"`},
		{"/etc/ssh/sshd_config", "Banner b\n#Banner a\n", `uncomment = "Banner[.='a']"`},
		{"/etc/ssh/sshd_config", sshdLines, `line = "Banner a"`},
		// Not so in this format.
		{"/etc/ssh/sshd_config", sshdLines, `set = "UsePAM", to = true`},
		{"/etc/pam.d/login", "auth required a.so\n", `set = "session", to = "required b.so"`},
		{"/etc/php.ini", "[PHP]\nengine = On\n", `set = "engine", to = "a\nb"`},
		{"/etc/locale.gen", "# en_US.UTF-8 UTF-8\nC.UTF-8 UTF-8\n", `set = "'C.UTF-8 UTF-8'", to = "a"`},
		{"/etc/x.json", "{\"a\": [1]}\n", `set = "a", to = 2`},
		{"/etc/x.txt", "a\n", `set = "a", to = "b"`},
		{"/etc/nginx/nginx.conf", nginxLines, `insert = "upstream a {", last-in = "http"`},
		{"/etc/nginx/nginx.conf", nginxLines, `insert = "index a;", last-in = "http/server[listen='80']/root"`},
		{"/etc/nginx/nginx.conf", "a b; c d;\n", `comment = "a"`},
		{"/etc/php.ini", "[PHP]\nengine = On\n", `section = "PHP", body = "x = y"`},
		// Text.
		{"/etc/x.txt", "listen on 80\nlisten on 443\n", `replace = "listen in 80", with = "x"`},
		{"/etc/x.txt", "listen on 80\nlisten on 443\n", `replace = "listen on", with = "x"`},
		{"/etc/ssh/sshd_config", sshdLines, `replace = "PermitRootLogin prohibit-password", with = "PermitRootLogin yes"`},
		{"/etc/x.txt", "a\n", `regex = "b+", with = "c"`},
		{"/etc/x.txt", "a\n", `regex = "a", with = '\1'`},
		{"/etc/x.txt", "a\nb\na\n", `delete-line = "^a$"`},
		{"/etc/x.txt", "one\ntwo\n", `insert = "x", after = "/three/"`},
		{"/etc/x.txt", "one\none\n", `insert = "x", after = "/one/"`},
		{"/etc/nginx/nginx.conf", nginxLines, `insert = "x;", last-in = "/http/"`},
		{"/etc/x.txt", "a\n", `regex = "a", with = 'b\'`},
		{"/etc/x.txt", "a\n", `regex = "a", with = '\q'`},
		{"/etc/x.txt", "a\n", `patch = "gone.patch"`},
		{"/etc/x.txt", "a\nb\n", `patch = "short.patch"`},
		{"/etc/x.txt", "a\nb\n", `patch = "back.patch"`},
		{"/etc/x.txt", "a\nb\n", `patch = "behind.patch"`},
		// In comments.
		{"/etc/ssh/sshd_config", "#Port 22\n#Port 23\n", `uncomment = "Port", count = 3`},
		{"/etc/ssh/sshd_config", "#Port 22\n#Port 23\n", `uncomment = "Port"`},
		{"/etc/apache2/apache2.conf", "#CustomLog a b\n", `set = "CustomLog", arg = 1, to = "c"`},
		{"/etc/foo.ini", "0:\n#  0", `comment = "0"`},
		{"/etc/x.json", "{\"a\": [1]}\n", `comment = "a"`},
		{"/etc/x.xml", "<a b='1'/>\n", `comment = "a/@b"`},
		{"/etc/x.xml", "<a>\n  <b>--</b>\n</a>\n", `comment = "a/b"`},
		{"/etc/x.yml", "a: b\n  c\n", `comment = "a"`},
		// Other names.
		{"/etc/foo.ini", "[a]\nb = 1\nc = 2\n", `rename = "a/b", to = "c"`},
		{"/etc/foo.ini", "[a]\nb = 1\n", `rename = "a/b", to = "c=d"`},
		{"/etc/default/x", "A=1\n", `rename = "A", to = "A-B"`},
		{"/etc/x.json", "{\"a\": [1]}\n", `rename = "a/-", to = "b"`},
		{"/etc/x.xml", "<a>\n  <b>1</b>\n</a>\n", `rename = "a/b", to = "c"`},
		{"/etc/x.xml", "<a b='1'/>\n", `rename = "a/@b", to = "1 2"`},
		// Where the file itself is odd, or its format has no such thing.
		{"/etc/nginx/nginx.conf", "a { b c;\n", `set = "a", to = "x"`},
		{"/etc/nginx/nginx.conf", "#http {\n#    gzip on;\n#}\n", `set = "http/tcp_nopush", to = "on"`},
		{"/etc/locale.gen", "C\n", `set = "D", to = "x"`},
		{"/etc/x.json", "{ // none\n}\n", `set = "a", to = 1`},
		{"/etc/x.xml", "<a/>\n", `set = "b", to = "1"`},
		{"/etc/ssh/sshd_config", sshdLines, `insert = "UsePAM no", after = "AcceptEnv"`},
		{"/etc/x.txt", "a\n", `patch = "above.patch"`},
		// Outside of sections.
		{"/etc/systemd/journald.conf", "# why\n\n[Journal]\n#Storage=auto\n", `set = "Storage", to = "none"`},
		{"/etc/systemd/system/x.service", "[Unit]\nA=1\n[Service]\nB=2\n", `set = "C", to = ["1", "2"]`},
		{"/etc/mysql/my.cnf", "!includedir /etc/mysql/conf.d/\n", `set = "port", to = 1`},
		// New keys and sections.
		{"/etc/default/x", "A=1\n", `set = "A-B", to = "1"`},
		{"/etc/nginx/nginx.conf", nginxLines, `set = "http/'a;b'", to = "on"`},
		{"/etc/x.xml", "<a>\n</a>\n", `set = "a/'1 2'", to = "1"`},
		{"/etc/x.xml", "<a>text</a>\n", `insert = "<b/>", last-in = "a"`},
		{"/etc/fstab", "/dev/a / ext4 ro 0 1\n", `section = "a", body = "b"`},
		{"/etc/nginx/nginx.conf", nginxLines, `section = "http[listen='80']", body = "a b;"`},
		{"/etc/foo.ini", "[a]\nb = 1\n", `section = "'x]y'", body = "b = 1"`},
		// Lists.
		{"/etc/nsswitch.conf", "hosts: files\n", `remove = "hosts", value = "files"`},
		{"/etc/foo.ini", "[a]\nb = 1\n", `add = "a", value = "x"`},
		{"/etc/nginx/nginx.conf", nginxLines, `add = "http", value = "x"`},
		{"/etc/redis/redis.conf", "save 1 2\nsave 3 4\n", `set = "save", to = ["5 6"], was = ["1 2"]`},
		{"/etc/foo.ini", "[a]\nb = 1\n[c]\nb = 2\n", `set = "*/b", to = ["1", "2", "3"]`},
		{"/etc/x.yml", "a: [b]\n", `set = "a", to = "c"`},
		{"/etc/x.yml", "a: {b: c}\n", `set = "a", to = "c"`},
		{"/etc/x.yml", "a: &x 1\nb: *x\n", `set = "b", to = "c"`},
		{"/etc/x.toml", "a = { b = 1 }\n", `set = "a", to = "c"`},
		{"/etc/x.toml", "a = [1, 2]\n", `set = "a", to = [1, 3], was = [2, 2]`},
		// Values that the format has no spelling for.
		{"/etc/supervisor/supervisord.conf", "[a]\nb = 1\n", `set = "a/b", to = "x ; y"`},
		{"/etc/hosts", "127.0.0.1 localhost\n", `set = "127.0.0.1", to = "a\nb"`},
		{"/etc/fstab", "/dev/a / ext4 ro 0 1\n", `set = "'/dev/a'", arg = "options", to = "a b"`},
		{"/etc/nginx/nginx.conf", "log_format a b;\n", `set = "log_format", to = "c; d"`},
		{"/etc/default/x", "A='b'\n", `set = "A", to = "it's $5"`},
		{"/etc/default/x", "A=(b c)\n", `set = "A", to = "d ) e"`},
		{"wp-config.php", "<?php\n$a = 1;\n", `set = "$a", to = "1; b()"`},
		{"settings.py", "A = 1\n", `set = "A", to = "1; b()"`},
		{"settings.py", "A = 'x'\n", `set = "A", to = "a\nb"`},
		{"/etc/x.xml", "<a>\n  <b>1</b>\n</a>\n", `set = "a/b", to = " 2"`},
		{"/etc/x.xml", "<a b='1'/>\n", `set = "a/@b", to = "\u0001"`},
		{"/etc/x.yml", "a: 'b'\n", `set = "a", to = "\u0001"`},
	}
}

// differences are the files that patch operations of mistakes name.
func differences() map[string][]byte {
	return map[string][]byte{
		"short.patch":  []byte("@@ -1,2 +1,2 @@\n-a\n+c\n"),
		"back.patch":   []byte("@@ -2 +2 @@\n-b\n+c\n@@ -1 +1 @@\n-a\n+c\n"),
		"above.patch":  []byte("@@ -3,0 +4 @@\n+c\n"),
		"behind.patch": []byte("@@ -9 +9 @@\n-a\n+c\n"),
	}
}

// TestMistakes compares what each mistake says with testdata/mistakes.txt.
func TestMistakes(t *testing.T) {
	var b strings.Builder
	for _, m := range mistakes() {
		ops := readOps(t, m.op)
		ops[0].Pos = diag.Pos{File: "recipe.toml", Line: 7, Col: 5}
		_, err := Apply(Input{Name: m.file, Bytes: []byte(m.in), Ops: ops, Files: differences()})
		if err == nil {
			t.Errorf("%s: no mistake", m.op)
			continue
		}
		fmt.Fprintf(&b, "== { %s }\n%s\n", strings.ReplaceAll(m.op, "\n", `\n`), strings.TrimRight(explain(err), "\n"))
	}
	const file = "testdata/mistakes.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, all := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range got {
		if i >= len(all) || got[i] != all[i] {
			t.Fatalf("line %d: %q; in %s it is %q", i+1, got[i], file, append(all, "")[min(i, len(all))])
		}
	}
}
