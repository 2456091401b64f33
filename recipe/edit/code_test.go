package edit

import "testing"

func TestCode(t *testing.T) {
	php := "<?php\n/* $a = 1; */\ndefine( 'DB_NAME', 'x' ); // db\n$cfg['Servers'][1]['host'] = 'localhost';\n//$cfg['secret'] = '';\n$n = 5;\nreturn [\n  'debug' => env('D', true),\n];\n"
	testRows(t, "wp-config-sample.php", "", []row{
		{"define", php, `set = "DB_NAME", to = "it's"`, edited(t, php, "'x'", `'it\'s'`), ""},
		{"variable", php, `set = "$cfg['Servers'][1]['host']", to = "db", was = "localhost"`, edited(t, php, "localhost", "db"), ""},
		{"comment", php, `set = "$cfg['secret']", to = "s"`, edited(t, php, "//$cfg['secret'] = ''", "$cfg['secret'] = 's'"), ""},
		{"number", php, `set = "$n", to = 6`, edited(t, php, "= 5;", "= 6;"), ""},
		{"expression", php, `set = "debug", to = "getenv('X')"`, edited(t, php, "env('D', true)", "getenv('X')"), ""},
		{"breaks out", php, `set = "$n", to = "6; exec()"`, "", "is not one expression"},
	})
	py := "# c.A.open_browser = True\nc.A.port = 8888  # p\nX = [\n  1,\n]\nDEBUG = True\nif X == 2:\n    pass\n"
	testRows(t, "jupyter_notebook_config.py", "", []row{
		{"bool over comment", py, `set = "c.A.open_browser", to = false`, edited(t, py, "# c.A.open_browser = True", "c.A.open_browser = False"), ""},
		{"number", py, `set = "c.A.port", to = 80`, edited(t, py, "8888", "80"), ""},
		{"list", py, `set = "X", to = "[]"`, edited(t, py, "[\n  1,\n]", "[]"), ""},
		{"new bool", py, `set = "c.A.quiet", to = true`, edited(t, py, "DEBUG = True\n", "DEBUG = True\nc.A.quiet = True\n"), ""},
		{"bool as it was", py, `set = "DEBUG", to = false, was = true`, edited(t, py, "DEBUG = True", "DEBUG = False"), ""},
		{"bool already", py, `set = "DEBUG", to = true`, same, ""},
		{"bool was not", py, `set = "DEBUG", to = true, was = false`, same, ""},
		{"new", py, `set = "HOST", to = "a'b"`, edited(t, py, "DEBUG = True\n", "DEBUG = True\nHOST = 'a\\'b'\n"), ""},
	})
}

const luaSample = "-- Prosody\nlocal x = 1\nadmins = { }\nmodules_enabled = {\n\t\"roster\"; -- kept\n\t\"saslauth\";\n}\nallow_registration = false\n--daemonize = true;\nlog = {\n\tinfo = \"/var/log/prosody/prosody.log\";\n}\nlevel = \"a\"; -- why\n"

func TestLua(t *testing.T) {
	s := luaSample
	testRows(t, "/etc/prosody/prosody.cfg.lua", "", []row{
		{"plain", s, `set = "allow_registration", to = true`, edited(t, s, "allow_registration = false", "allow_registration = true"), ""},
		{"in quotes", s, `set = "level", to = "b", was = "a"`, edited(t, s, `"a"`, `"b"`), ""},
		{"over a comment", s, `set = "daemonize", to = false`, edited(t, s, "--daemonize = true", "daemonize = false"), ""},
		{"new", s, `set = "interfaces", to = "*"`, s + "interfaces = \"*\";\n", ""},
		{"comment", s, `comment = "level"`, edited(t, s, "level = ", "--level = "), ""},
		{"already", s, `set = "level", to = "a"`, same, ""},
	})
}

func TestConfigparser(t *testing.T) {
	s := "[Definition]\nfailregex = ^a \"b\" # c$\n            ^d$\nignoreregex =\n# daemon = x\n"
	testRows(t, "/etc/fail2ban/filter.d/sshd.conf", "", []row{
		{"quotes and # are text", s, `set = "Definition/failregex", to = "^x\n            ^y$"`, edited(t, s, "^a \"b\" # c$\n            ^d$", "^x\n            ^y$"), ""},
		{"empty", s, `set = "Definition/ignoreregex", to = "^z$"`, edited(t, s, "ignoreregex =", "ignoreregex = ^z$"), ""},
		{"over a comment", s, `set = "Definition/daemon", to = "y"`, edited(t, s, "# daemon = x", "daemon = y"), ""},
	})
}

// Entries of several lines go into comments and come out of them whole.
func TestCommentedLines(t *testing.T) {
	tests := []struct{ format, path, shown, hidden string }{
		{"postfix", "a", "a = b,\n   c\nd = e\n", "#a = b,\n#   c\nd = e\n"},
		{"toml", "a", "a = [\n  1, # x\n]\nb = 2\n", "#a = [\n#  1, # x\n#]\nb = 2\n"},
		{"toml", "a", "a = \"\"\"\nx\"\"\"\n", "#a = \"\"\"\n#x\"\"\"\n"},
		{"apache", "A", "A b \\\n  c\n", "#A b \\\n#  c\n"},
		{"properties", "a", "a = b \\\n  c\n", "#a = b \\\n#  c\n"},
		{"lighttpd", "a", "a = (\n  \"b\", # c\n)\n", "#a = (\n#  \"b\", # c\n#)\n"},
	}
	for _, tt := range tests {
		testRows(t, "f", tt.format, []row{
			{tt.format + " comment", tt.shown, `comment = "` + tt.path + `"`, tt.hidden, ""},
			{tt.format + " uncomment", tt.hidden, `uncomment = "` + tt.path + `"`, tt.shown, ""},
		})
	}
}
