package edit

import "testing"

// A directive's name and its first arguments may be spoken of as one name.
func TestPhrases(t *testing.T) {
	s := "global\n\tstats timeout 30s\ndefaults\n\toption\thttplog\n\ttimeout connect 5s\n\ttimeout client  50s # was 30s\n\t#timeout server 1m\nbackend app\n\tbalance source\nbackend other\n\tbalance uri\n"
	testRows(t, "haproxy.cfg", "", []row{
		{"one word behind it", s, `set = "defaults/timeout client", to = "30s", was = "50s"`, edited(t, s, "client  50s", "client  30s"), ""},
		{"another default", s, `set = "defaults/timeout client", to = "30s", was = "20s"`, "", `argument 2 of defaults/timeout client is "50s", was = "20s"`},
		{"already", s, `set = "defaults/timeout client", to = "50s"`, same, ""},
		{"over a comment", s, `set = "defaults/timeout server", to = "2m", was = "1m"`, edited(t, s, "#timeout server 1m", "timeout server 2m"), ""},
		{"new", s, `set = "defaults/timeout queue", to = "1m"`, edited(t, s, "# was 30s\n", "# was 30s\n\ttimeout queue 1m\n"), ""},
		{"nothing behind it", s, `set = "defaults/option httplog", to = ""`, same, ""},
		{"more behind it", s, `set = "defaults/option httplog", to = "clf"`, edited(t, s, "httplog", "httplog clf"), ""},
		{"new, nothing behind it", s, `set = "defaults/option forwardfor", to = ""`, edited(t, s, "httplog\n", "httplog\n\toption\tforwardfor\n"), ""},
		{"unset", s, `unset = "defaults/option httplog"`, edited(t, s, "\toption\thttplog\n", ""), ""},
		{"comment", s, `comment = "defaults/timeout client"`, edited(t, s, "timeout client ", "#timeout client "), ""},
		{"uncomment", s, `uncomment = "defaults/timeout server"`, edited(t, s, "#timeout server", "timeout server"), ""},
		{"a section", s, `set = "backend app/balance", to = "leastconn"`, edited(t, s, "source", "leastconn"), ""},
		{"a new section", s, `section = "backend third", body = "balance uri"`, s + "\nbackend third\n\tbalance uri\n", ""},
		{"an argument", s, `set = "global/stats timeout", arg = 1, to = "9s"`, edited(t, s, "timeout 30s", "timeout 9s"), ""},
		{"an anchor", s, `insert = "timeout tunnel 1h", after = "defaults/timeout client"`, edited(t, s, "# was 30s\n", "# was 30s\n\ttimeout tunnel 1h\n"), ""},
		{"which one", s, `set = "defaults/timeout", to = "3"`, "", "choose by the first argument, as in `timeout connect`"},
		{"not there", s, `unset = "defaults/timeout tunnel"`, "", "defaults/timeout tunnel is not there, but `timeout` is"},
	})
	s = "http {\n    server {\n        location / {\n            proxy_set_header Host $host;\n        }\n    }\n}\n"
	testRows(t, "nginx.conf", "", []row{
		{"argument", s, `set = "http/server/location/proxy_set_header Host", to = "$http_host"`, edited(t, s, "Host $host", "Host $http_host"), ""},
		{"new", s, `set = "http/server/location/proxy_set_header X-A", to = "$b"`, edited(t, s, "$host;\n", "$host;\n            proxy_set_header X-A $b;\n"), ""},
		{"new, two words", s, `set = "http/add_header X-A", to = "DENY always"`, edited(t, s, "http {\n", "http {\n    add_header X-A DENY always;\n"), ""},
		{"a text with blanks", s, `set = "http/add_header X-A", to = "'a; b' always"`, edited(t, s, "http {\n", "http {\n    add_header X-A 'a; b' always;\n"), ""},
		{"a section", s, `set = "http/server/'location /'/proxy_set_header Host", to = "a"`, edited(t, s, "$host", "a"), ""},
		{"several of one line", "events {}\nb 1; b 2; c 3;\n", `unset = "b", count = 2`, "events {}\nc 3;\n", ""},
		{"no such section", s, `set = "http/server/'location /x'/proxy_set_header Host", to = "a"`, "", "there is no section"},
	})
	s = "client-output-buffer-limit normal 0 0 0\nclient-output-buffer-limit pubsub 32mb 8mb 60\n"
	testRows(t, "redis.conf", "", []row{
		{"several words behind it", s, `set = "client-output-buffer-limit pubsub", to = "64mb 16mb 90"`, edited(t, s, "32mb 8mb 60", "64mb 16mb 90"), ""},
		{"an argument with a blank", "rename-command CONFIG \"\"\n", `set = "rename-command CONFIG", to = "hidden"`, "rename-command CONFIG \"hidden\"\n", ""},
	})
	testRows(t, "apache2.conf", "", []row{
		{"three words", "Header set A b\n", `set = "Header always set", to = 'X-Frame-Options "DENY"'`, "Header set A b\nHeader always set X-Frame-Options \"DENY\"\n", ""},
	})
	s = "Port 22\nMatch User bob\n\tX11Forwarding no\n"
	testRows(t, "/etc/ssh/sshd_config", "", []row{
		{"a block", s, `set = "Match User bob/X11Forwarding", to = "yes"`, edited(t, s, "no\n", "yes\n"), ""},
	})
}

// A new key is held against those there with as many of their arguments as it names.
func TestPhraseSlip(t *testing.T) {
	res, err := Apply(Input{Name: "haproxy.cfg", Bytes: []byte("defaults\n\ttimeout client 5s\n"), Ops: readOps(t, `set = "defaults/timeout cleint", to = "1s"`)})
	if err != nil {
		t.Fatal(explain(err))
	}
	if want := "`timeout cleint` is not in the file, but `timeout client` is, in line 2: did you mean that?"; res.Done[0].Hint != want {
		t.Errorf("hint %q, want %q", res.Done[0].Hint, want)
	}
}
