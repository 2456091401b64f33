package edit

import "testing"

const nginxSample = `user www-data;
worker_processes  1;
#pid logs/nginx.pid;

events {
	worker_connections 768;
	# multi_accept on;
}

http {
	sendfile on; # fast
	# server_tokens off;
	#log_format  main  '$remote_addr - $remote_user'
	#                  '"$http_referer"';
	access_log "/var/log/nginx/access.log";
	include /etc/nginx/mime.types;
	include /etc/nginx/conf.d/*.conf;

	server {
		listen 80 default_server;
		listen [::]:80 default_server;
		server_name example.org www.example.org;

		location / {
			root html; index index.html;
		} # end of /
		location ~ \.php$ { fastcgi_pass unix:/run/a.sock; }
		#location ~ /\.ht {
		#	deny all;

		#	root html;
		#}
	}
	server {
		listen 443 ssl;
		if ($host ~ "^a{2}$") { return 301 https://${host}/; }
	}
}
`

func edited(t *testing.T, from string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		from = replaceOnce(t, from, pairs[i], pairs[i+1])
	}
	return from
}

func TestNginx(t *testing.T) {
	s := nginxSample
	testRows(t, "/etc/nginx/nginx.conf", "", []row{
		{"value", s, `set = "worker_processes", to = "auto", was = "1"`, edited(t, s, "worker_processes  1;", "worker_processes  auto;"), ""},
		{"was differs", s, `set = "worker_processes", to = "auto", was = "2"`, "", `nginx.conf:2: worker_processes is "1", was = "2"`},
		{"already", s, `set = "http/sendfile", to = "on"`, same, ""},
		{"number", s, `set = "events/worker_connections", to = 1024`, edited(t, s, "768", "1024"), ""},
		{"no booleans", s, `set = "http/sendfile", to = true`, "", "write on, yes or"},
		{"comment stays", s, `set = "http/sendfile", to = "off"`, edited(t, s, "sendfile on; # fast", "sendfile off; # fast"), ""},
		{"quotes stay", s, `set = "http/access_log", to = "/a b"`, edited(t, s, `"/var/log/nginx/access.log"`, `"/a b"`), ""},
		{"over its comment", s, `set = "http/server_tokens", to = "on"`, edited(t, s, "# server_tokens off;", "server_tokens on;"), ""},
		{"over a comment of lines", s, `set = "http/log_format", to = "x '$a;'"`, edited(t, s, "#log_format  main  '$remote_addr - $remote_user'\n\t#                  '\"$http_referer\"';", "log_format  x '$a;';"), ""},
		{"new before includes", s, `set = "http/gzip", to = "on"`, edited(t, s, "access.log\";\n", "access.log\";\n\tgzip on;\n"), ""},
		{"new at the top", s, `set = "daemon", to = "off"`, edited(t, s, "worker_processes  1;\n", "worker_processes  1;\ndaemon            off;\n"), ""},
		{"new among columns", s, `set = "pcre_jit", to = "on"`, edited(t, s, "worker_processes  1;\n", "worker_processes  1;\npcre_jit          on;\n"), ""},
		{"predicate", s, `set = "http/server[server_name='example.org']/location[args='/']/root", to = "/srv"`, edited(t, s, "root html; index", "root /srv; index"), ""},
		{"new on a shared line", s, `set = "http/server[listen=443]/if/break", to = ""`, edited(t, s, "${host}/; }", "${host}/; break; }"), ""},
		{"predicate on a word", s, `set = "http/server[listen='443']/listen", to = "8443 ssl"`, edited(t, s, "443 ssl", "8443 ssl"), ""},
		{"argument", s, `set = "http/server[listen='443']/listen", arg = 1, to = "8443", was = "443"`, edited(t, s, "443 ssl", "8443 ssl"), ""},
		{"argument is missing", s, `set = "http/sendfile", arg = 2, to = "x"`, "", "has 1 argument, not 2"},
		{"list of values", s, `set = "http/server[server_name='example.org']/listen", to = ["8080", "[::]:8080", "9090"]`,
			edited(t, s, "listen 80 default_server;", "listen 8080;", "listen [::]:80 default_server;", "listen [::]:8080;\n\t\tlisten 9090;"), ""},
		{"shorter list", s, `set = "http/server[server_name='example.org']/listen", to = ["8080"]`,
			edited(t, s, "listen 80 default_server;\n\t\tlisten [::]:80 default_server;", "listen 8080;"), ""},
		{"too many", s, `set = "http/server/listen", to = "81"`, "", "stands 3 times, at lines 20, 21 and 35; expected 1"},
		{"which server", s, `set = "http/server/root", to = "/x"`, "", "`server[listen='80 default_server']`"},
		{"count", s, `set = "http/server/listen", to = "81", count = 3`, edited(t, s, "80 default_server;\n\t\tlisten [::]:80 default_server", "81;\n\t\tlisten 81", "443 ssl", "81"), ""},
		{"count or more", s, `set = "http/server/listen", to = "81", count = "2+"`, edited(t, s, "80 default_server;\n\t\tlisten [::]:80 default_server", "81;\n\t\tlisten 81", "443 ssl", "81"), ""},
		{"breaks out", s, `set = "http/sendfile", to = "on; } evil {"`, edited(t, s, "sendfile on;", `sendfile "on; } evil {";`), ""},
		{"section is missing", s, `set = "http/servr/root", to = "x"`, "", "did you mean `server`?"},
		{"section left out", s, `set = "sendfile", to = "off", was = "on"`, "", "its path is `http/sendfile`"},
		{"unset", s, `unset = "user"`, edited(t, s, "user www-data;\n", ""), ""},
		{"unset a word of a line", s, `unset = "http/server/location/index"`, edited(t, s, " index index.html;", ""), ""},
		{"unset nothing", s, `unset = "usr"`, "", "did you mean `user`?"},
		{"unset a comment", s, `unset = "pid"`, same, ""},
		{"comment a block", s, `comment = "http/server[listen=443]"`, edited(t, s, "\tserver {\n\t\tlisten 443 ssl;\n\t\tif ($host ~ \"^a{2}$\") { return 301 https://${host}/; }\n\t}", "\t#server {\n\t#\tlisten 443 ssl;\n\t#\tif ($host ~ \"^a{2}$\") { return 301 https://${host}/; }\n\t#}"), ""},
		{"comment part of a line", s, `comment = "http/server/location/index"`, "", "shares its line"},
		{"uncomment", s, `uncomment = "events/multi_accept"`, edited(t, s, "# multi", "multi"), ""},
		{"uncomment a block", s, `uncomment = "http/server/location[args='~ /\\.ht']"`, edited(t, s, "#location", "location", "#\tdeny", "\tdeny", "#\troot", "\troot", "#}", "}"), ""},
		{"uncomment in a comment", s, `set = "http/server/location[args='~ /\\.ht']/deny", to = "x"`, "", "is commented out"},
		{"rename", s, `rename = "http/server/location/fastcgi_pass", to = "proxy_pass"`, edited(t, s, "fastcgi_pass", "proxy_pass"), ""},
		{"add", s, `add = "http/server/server_name", value = "new.org"`, edited(t, s, "www.example.org;", "www.example.org new.org;"), ""},
		{"add first", s, `add = "http/server/server_name", value = "new.org", first = true`, edited(t, s, "server_name ", "server_name new.org "), ""},
		{"add what is there", s, `add = "http/server/server_name", value = "example.org"`, same, ""},
		{"remove", s, `remove = "http/server/server_name", value = "example.org"`, edited(t, s, "example.org www", "www"), ""},
		{"remove what is not there", s, `remove = "http/server/server_name", value = "x.org"`, "", "its values are example.org, www.example.org"},
		{"insert before", s, `insert = "load_module a.so;\nload_module b.so;", before = "events"`, edited(t, s, "events {", "load_module a.so;\nload_module b.so;\nevents {"), ""},
		{"insert before, there", edited(t, s, "events {", "load_module a.so;\n\nevents {"), `insert = "load_module a.so;", before = "events"`, same, ""},
		{"insert after", s, `insert = "aio on;", after = "http/sendfile"`, edited(t, s, "# fast\n", "# fast\n\taio on;\n"), ""},
		{"insert first", s, `insert = "aio on;", first-in = "http"`, edited(t, s, "http {\n", "http {\n\taio on;\n"), ""},
		{"insert last", s, `insert = "location /x {\n\tdeny all;\n}", last-in = "http/server[listen=443]"`, edited(t, s, "${host}/; }\n", "${host}/; }\n\t\tlocation /x {\n\t\t\tdeny all;\n\t\t}\n"), ""},
		{"insert half", s, `insert = "} server {", last-in = "http/server[listen=443]"`, "", "a `}` closes nothing"},
		{"insert by pattern", s, `insert = "# hello", after = "/^http/"`, edited(t, s, "http {\n", "http {\n# hello\n"), ""},
		{"section", s, `section = "http/server[listen=443]/location[args='/x']", body = "deny all;"`, edited(t, s, "${host}/; }\n", "${host}/; }\n\t\tlocation /x {\n\t\t\tdeny all;\n\t\t}\n"), ""},
		{"section there", s, `section = "http/server[listen=443]/if[args='($host ~ \"^a{2}$\")']", body = "return 301 https://${host}/;"`, same, ""},
		{"section there with other contents", s, `section = "events", body = "use epoll;"`, "", "is there already, with other contents"},
		{"replace", s, `replace = "html;", with = "htm;", count = 1`, edited(t, s, "root html; index", "root htm; index"), "matches"},
		{"replace breaks", s, `replace = "events {", with = "events "`, "", "no longer read as before"},
		{"two operations", s, `{ unset = "user" }, { set = "http/sendfile", to = "off" }`, edited(t, s, "user www-data;\n", "", "sendfile on", "sendfile off"), ""},
		{"all mistakes", s, `{ unset = "usr" }, { set = "http/sendfil", to = "off", was = "on" }`, "", "did you mean `sendfile`?"},
	})
}

// Line ends, indents and odd bytes stay what they are.
func TestNginxBytes(t *testing.T) {
	testRows(t, "nginx.conf", "", []row{
		{"crlf", "http {\r\n  a b;\r\n}\r\n", `set = "http/c", to = "d"`, "http {\r\n  a b;\r\n  c d;\r\n}\r\n", ""},
		{"no final line end", "a b;", `set = "c", to = "d"`, "a b;\nc d;", ""},
		{"byte order mark", bom + "a b;\n", `set = "a", to = "c"`, bom + "a c;\n", ""},
		{"latin-1", "a \"\xe9\";\n", `set = "b", to = "c"`, "a \"\xe9\";\nb c;\n", ""},
		{"empty file", "", `set = "a", to = "b"`, "a b;\n", ""},
		{"empty block", "http {}\n", `set = "http/a", to = "b"`, "http {\n    a b;\n}\n", ""},
		{"block on a line", "events { a b; }\n", `set = "events/c", to = "d"`, "events { a b; c d; }\n", ""},
		{"lua", "a_by_lua_block {\n  local s = \"}\" -- }\n}\nb c;\n", `set = "b", to = "d"`, "a_by_lua_block {\n  local s = \"}\" -- }\n}\nb d;\n", ""},
		{"unset the first of a line", "a {\n  b 1; c 2;\n}\n", `unset = "a/b"`, "a {\n  c 2;\n}\n", ""},
		{"unset all of a line", "a 1; a 2;\nb 3;\n", `unset = "a", count = 2`, "b 3;\n", ""},
		{"unset all but the last of a line", "\ta 1; a 2; b 3;\n", `unset = "a", count = 2`, "\tb 3;\n", ""},
		{"unset the last ones of a line", "b 3; a 1; a 2; # c\n", `unset = "a", count = 2`, "b 3; # c\n", ""},
		{"unset all of a block's line", "b { a 1; a 2; }\n", `unset = "b/a", count = 2`, "b { }\n", ""},
		{"new behind two of a line", "a 1; b 2; # c\nd {\n}\n", `set = "e", to = 3`, "a 1; b 2; # c\ne 3;\nd {\n}\n", ""},
		{"odd far away", "http {\n} }\na b;\n", `set = "a", to = "c"`, "http {\n} }\na c;\n", ""},
		{"variables in braces", "set $a ${b}c;\n", `set = "set", arg = 2, to = "${d}"`, "set $a ${d};\n", ""},
	})
}

func TestBlocks(t *testing.T) {
	s := "options {\n\tdirectory \"/var\"; // where\n\t/* why */\n\trecursion no;\n};\nrule {\n  expression = \"a & b\";\n  # score = 1;\n}\n"
	testRows(t, "/etc/bind/named.conf.options", "", []row{
		{"in quotes", s, `set = "options/directory", to = "/srv"`, edited(t, s, `"/var"`, `"/srv"`), ""},
		{"plain", s, `set = "options/recursion", to = "yes"`, edited(t, s, "recursion no", "recursion yes"), ""},
		{"with an equals sign", s, `set = "rule/expression", to = "c", was = "a & b"`, edited(t, s, `"a & b"`, `"c"`), ""},
		{"new, with one", s, `set = "rule/x", to = "1"`, edited(t, s, "  # score", "  x = 1;\n  # score"), ""},
		{"insert a block", s, `insert = "zone \"x\" {\n\ttype hint;\n};", where = "end"`, s + "zone \"x\" {\n\ttype hint;\n};\n", ""},
	})
}
