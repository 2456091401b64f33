package edit

import "testing"

func TestShell(t *testing.T) {
	s := "# x\nexport APACHE_RUN_USER=www-data\nA='b c' # d\n#B=\"e\"\nplugins=(git docker)\nif x; then\n  C=\"$A:${B:-x}\"\nfi\nD=\"two\nlines\"\nE=\n"
	testRows(t, "/etc/apache2/envvars", "", []row{
		{"export", s, `set = "APACHE_RUN_USER", to = "app"`, edited(t, s, "www-data", "app"), ""},
		{"quotes stay", s, `set = "A", to = "x y"`, edited(t, s, "b c", "x y"), ""},
		{"quotes where needed", s, `set = "APACHE_RUN_USER", to = "a b"`, edited(t, s, "www-data", "\"a b\""), ""},
		{"in a comment", s, `set = "B", to = "f", was = "e"`, edited(t, s, "#B=\"e\"", "B=\"f\""), ""},
		{"variables", s, `set = "C", to = "${A}", was = "$A:${B:-x}"`, edited(t, s, "$A:${B:-x}", "${A}"), ""},
		{"two lines", s, `set = "D", to = "z"`, edited(t, s, "two\nlines", "z"), ""},
		{"empty", s, `{ set = "A", to = "" }, { set = "E", to = "1" }`, edited(t, s, "'b c'", "''", "E=", "E=1"), ""},
		{"new", s, `set = "F", to = "1"`, s + "F=1\n", ""},
		{"array", s, `add = "plugins", value = "zsh", first = true`, edited(t, s, "(git", "(zsh git"), ""},
		{"array value", s, `set = "plugins", to = "a b"`, edited(t, s, "git docker", "a b"), ""},
		{"comment", s, `comment = "A"`, edited(t, s, "A='b", "#A='b"), ""},
		{"unset", s, `unset = "D"`, edited(t, s, "D=\"two\nlines\"\n", ""), ""},
	})
	testRows(t, "rabbitmq-defaults", "shell", []row{
		{"to nothing", "SYS_PREFIX=${RABBITMQ_HOME}\n", `set = "SYS_PREFIX", to = "", was = "${RABBITMQ_HOME}"`, "SYS_PREFIX=\n", ""},
	})
}

const debianSources = "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: trixie trixie-updates\nComponents: main\n\nTypes: deb\nURIs: http://deb.debian.org/debian-security\nSuites: trixie-security\nComponents: main\nSigned-By:\n /a\n /b\n"

func TestDeb822(t *testing.T) {
	s := debianSources
	testRows(t, "/etc/apt/sources.list.d/debian.sources", "", []row{
		{"both", s, `add = "Components", value = "contrib"`, "", "stands 2 times"},
		{"one", s, `add = "stanza[Suites='trixie-security']/Components", value = "contrib"`, s[:len(s)-len("Components: main\nSigned-By:\n /a\n /b\n")] + "Components: main contrib\nSigned-By:\n /a\n /b\n", ""},
		{"all", s, `set = "components", to = "main contrib", count = 2`, "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: trixie trixie-updates\nComponents: main contrib\n\nTypes: deb\nURIs: http://deb.debian.org/debian-security\nSuites: trixie-security\nComponents: main contrib\nSigned-By:\n /a\n /b\n", ""},
		{"folded", s, `set = "Signed-By", to = "/c", was = "/a /b"`, edited(t, s, "Signed-By:\n /a\n /b", "Signed-By: /c"), ""},
		{"new", s, `set = "stanza[Suites='trixie']/Enabled", to = "no"`, edited(t, s, "Components: main\n\n", "Components: main\nEnabled: no\n\n"), ""},
		{"insert", s, `insert = "Trusted: yes", after = "Signed-By"`, s + "Trusted: yes\n", ""},
		{"new where", s, `set = "Enabled", to = "no"`, "", "stanza stands 2 times"},
		{"single", "Package: *\nPin: release a=b\n", `{ set = "Pin-Priority", to = 1 }, { set = "Pin", to = "release a=c" }`, "Package: *\nPin: release a=c\nPin-Priority: 1\n", ""},
	})
}

func TestBraces(t *testing.T) {
	testRows(t, "/etc/dovecot/conf.d/10-master.conf", "", []row{
		{"nested", "service imap-login {\n  inet_listener imap {\n    #port = 143\n  }\n}\n!include x\n", `set = "service[args='imap-login']/inet_listener[args='imap']/port", to = 0`, "service imap-login {\n  inet_listener imap {\n    port = 0\n  }\n}\n!include x\n", ""},
		{"new", "ssl = yes\n!include x\n", `set = "a", to = "b"`, "ssl = yes\na = b\n!include x\n", ""},
		{"section", "a {\n  b = c\n}\n", `section = "a/d", body = "e = f"`, "a {\n  b = c\n  d {\n    e = f\n  }\n}\n", ""},
	})
	testRows(t, "/etc/logrotate.d/x", "", []row{
		{"words", "/var/log/a /var/log/b {\n\trotate 4\n\tweekly\n\tpostrotate\n\t\tkill -HUP x\n\tendscript\n}\n", `{ set = "'/var/log/a'/rotate", to = 7 }, { comment = "'/var/log/a'/weekly" }`, "/var/log/a /var/log/b {\n\trotate 7\n\t#weekly\n\tpostrotate\n\t\tkill -HUP x\n\tendscript\n}\n", ""},
	})
	testRows(t, "/etc/bind/named.conf.options", "", []row{
		{"over a comment with a comment", "options {\n\t// recursion no; // of everybody\n};\n", `set = "options/recursion", to = "yes"`, "options {\n\trecursion yes; // of everybody\n};\n", ""},
		{"blocks", "options {\n\tdirectory \"/var/cache/bind\";\n\t// forwarders {\n\t// \t0.0.0.0;\n\t// };\n\t/* x { */\n\tlisten-on-v6 { any; };\n};\n", `{ set = "options/directory", to = "/x" }, { set = "options/recursion", to = "no" }`, "options {\n\tdirectory \"/x\";\n\trecursion no;\n\t// forwarders {\n\t// \t0.0.0.0;\n\t// };\n\t/* x { */\n\tlisten-on-v6 { any; };\n};\n", ""},
		{"uncomment", "options {\n\t// forwarders {\n\t// \t0.0.0.0;\n\t// };\n};\n", `uncomment = "options/forwarders"`, "options {\n\tforwarders {\n\t\t0.0.0.0;\n\t};\n};\n", ""},
	})
	testRows(t, "/etc/lighttpd/lighttpd.conf", "", []row{
		{"port", "server.port = 80 # p\nserver.modules = (\n\t\"mod_a\", # )\n\t\"mod_b\",\n)\n", `set = "server.port", to = 8080`, "server.port = 8080 # p\nserver.modules = (\n\t\"mod_a\", # )\n\t\"mod_b\",\n)\n", ""},
	})
}

// A file whose path says nothing is what its lines look like.
func TestSpaced(t *testing.T) {
	s := "-d\n# -v\n-m 64\n-l 127.0.0.1\n-l ::1\n# -c 1024\n"
	testRows(t, "/etc/memcached.conf", "", []row{
		{"an option", s, `set = "-m", to = 128, was = 64`, edited(t, s, "64", "128"), ""},
		{"over a comment", s, `set = "-c", to = 2048, was = 1024`, edited(t, s, "# -c 1024", "-c 2048"), ""},
		{"several", s, `set = "-l", to = ["0.0.0.0"]`, edited(t, s, "-l 127.0.0.1\n-l ::1\n", "-l 0.0.0.0\n"), ""},
		{"which", s, `set = "-l", to = "0.0.0.0"`, "", "-l stands 2 times, at lines 4 and 5; expected 1"},
	})
}

func TestGuess(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"x.conf", "# c\na = b\nc=d\n", "keyvalue"},
		{"x.conf", "[a]\nb=c\n", "ini"},
		{"x.conf", "a b\nc d e\n", "spaced"},
		{"x.conf", "a b;\nc {\n d e;\n}\n", "blocks"},
		{"x.conf", "a = b\nc {\n d = e\n}\n", "braces"},
		{"x.conf", "a: b\nc: d\n", "colon"},
		{"x.conf", "#a=b\n#c=d\n", "keyvalue"},
		{"x", "#!/bin/sh\nA=b\n", "shell"},
		{"x.c", "a = b\n", "text"},
		{"x", "hello\nthis is prose\n", "text"},
		{"x", "", "text"},
	}
	for _, tt := range tests {
		if got := guess(tt.name, tt.src); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.src, got, tt.want)
		}
	}
	testRows(t, "/etc/unknown.conf", "", []row{
		{"keys", "# Port\nport = 80\n#host = a\n", `{ set = "port", to = 81 }, { set = "host", to = "b" }`, "# Port\nport = 81\nhost = b\n", ""},
	})
}
