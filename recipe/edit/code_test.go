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
		{"new", py, `set = "HOST", to = "a'b"`, edited(t, py, "DEBUG = True\n", "DEBUG = True\nHOST = 'a\\'b'\n"), ""},
	})
}
