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
		{"out of brackets", php, `set = "debug", to = "1]; exec("`, "", "is not one expression"},
		{"out of PHP", php, `set = "$n", to = "6 ?> <a>"`, "", "is not one expression"},
		{"into a comment", php, `set = "$n", to = "6 /* "`, "", "is not one expression"},
		{"lines", "<?php\n$a = <<<'E'\nx; y\n  E;\n$b = 1;\n", `set = "$a", to = "7"`, "<?php\n$a = 7;\n$b = 1;\n", ""},
		{"lines without end", "<?php\n$a = <<<E\nx; y\n$b = 1;\n", `set = "$b", to = "7"`, "<?php\n$a = <<<E\nx; y\n$b = 7;\n", ""},
		{"into lines", php, `set = "$n", to = "<<<E\nx"`, "", "is not one expression"},
		{"second of a line", "<?php $a = 1;\n$b = 2; $c = 3; // d\n", `set = "$c", to = "4"`, "<?php $a = 1;\n$b = 2; $c = 4; // d\n", ""},
		{"item of a line", "<?php return [\n'a' => 1, 'b' => 2,\n];\n", `set = "b", to = "3"`, "<?php return [\n'a' => 1, 'b' => 3,\n];\n", ""},
		{"with a comment", php, `set = "$n", to = "6 /* ; */"`, edited(t, php, "= 5;", "= 6 /* ; */;"), ""},
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
		{"two statements", py, `set = "c.A.port", to = "80; b()"`, "", "is not one expression"},
		{"new", py, `set = "HOST", to = "a'b"`, edited(t, py, "DEBUG = True\n", "DEBUG = True\nHOST = 'a\\'b'\n"), ""},
	})
}

// A statement of Python ends with its line, or at a semicolon.
func TestPythonStatements(t *testing.T) {
	two := "if x:\n    A = 1; B = 2\n"
	testRows(t, "settings.py", "", []row{
		{"set the first", two, `set = "A", to = 3`, edited(t, two, "A = 1", "A = 3"), ""},
		{"unset the first", two, `unset = "A"`, edited(t, two, "A = 1; ", ""), ""},
		{"set the second", two, `set = "B", to = 3`, edited(t, two, "B = 2", "B = 3"), ""},
		{"unset the second", two, `unset = "B"`, edited(t, two, " B = 2", ""), ""},
		{"new behind two", "A = 1; B = 2\nc()\n", `set = "C", to = 3`, "A = 1; B = 2\nC = 3\nc()\n", ""},
		{"comment the first", two, `comment = "A"`, "", "shares its line with another entry"},
		{"joined lines", "A = 1 + \\\n    2\nB = 3\n", `set = "A", to = 4`, "A = 4\nB = 3\n", ""},
		{"open at its end", "A = 1\nB = 3\n", `set = "A", to = "1 + \\"`, "", "would no longer say"},
		{"text of lines", "A = \"\"\"x; y\n# z\n\"\"\"\nB = 3\n", `set = "A", to = "f()"`, "A = f()\nB = 3\n", ""},
		{"text without end", "A = \"\"\"x\nB = 3\n", `set = "B", to = 4`, "A = \"\"\"x\nB = 4\n", ""},
		{"text that would not end", "A = 1\nB = 3\n", `set = "A", to = "\"\"\"x"`, "", "is not one expression"},
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
		{"comment of lines", "a = { --[[ x\n} ]]\n}\nb = 1 --[[ y ]]\n", `{ set = "a", to = "{}" }, { set = "b", to = 2 }`, "a = {}\nb = 2 --[[ y ]]\n", ""},
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
