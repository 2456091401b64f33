package edit

import (
	"strings"
	"testing"
)

// formatSeeds has small files of each format, for its fuzz target.
func formatSeeds(format string) []string {
	return map[string][]string{
		"nginx":        {nginxSample, "a {\n#b c;\n}\nd 'e' \"f\";", "a_by_lua_block { -- }\n}\n", "#a {\n#b;\nc;\n#}\n"},
		"blocks":       {"options {\n\tdirectory \"/var\"; // x\n\t/* c */ recursion no;\n};\nzone \".\" { type hint; };\n", "a {\n  b = [\"c\", 'd']\n  .include(try=true; e=f) \"g\"\n  h = \"i\\/j\"\n}\n"},
		"apache":       {apacheSample, "<A b>\n C d \\\n e\n</A>\n#<B>\n#c d\n#</B>\n"},
		"php":          {phpSample},
		"mysql":        {myCnf, "[a]\n#b\n!include /x\nc-d = 'e' # f\n"},
		"systemd":      {"[Service]\nExecStart=\nExecStart=/a \\\n  -b\n#Nice=1\n"},
		"gitconfig":    {"[a \"b]c\"]\n\tk = \"v;\" ; c\n\tbare\n"},
		"samba":        {"[global]\n   server role = x\n;   wins support = no\n"},
		"supervisor":   {"[program:x]\ncommand = a\n  b ; c\n"},
		"openssl":      {"HOME\t= .\n[ req ]\na = b # c\n"},
		"ini":          {"[a]\nb: c\n d\n;e=f\n"},
		"properties":   {"a.b = c \\\n  d\n!e:f\ng\\=h i\n"},
		"postgres":     {postgresSample},
		"postfix":      {"a = b,\n  c\n# d\n  e\n#f = g\n"},
		"keyvalue":     {"a=b\n#c=d\n"},
		"colon":        {"a: b\n# c: d\n"},
		"sshd":         {sshdSample, "Port 22\nMatch User a\n\tX no\n#\tY yes\n"},
		"redis":        {"save 900 1\n# save 1 2\nrename-command A \"\"\n"},
		"spaced":       {"a b c # d\n#e f\n"},
		"haproxy":      {"global\n    log /dev/log local0\ndefaults\n    mode\thttp\n#frontend x\n"},
		"pam":          {"auth [success=1 default=ignore] pam_unix.so nullok\n@include common\n-session optional x.so\n"},
		"fstab":        {"/dev/a / ext4 defaults,ro 0 1\n"},
		"pg_hba":       {"local all all peer\nhost all \"a b\" ::1/128 md5\n"},
		"passwd":       {"root:x:0:0:root:/root:/bin/sh\n"},
		"group":        {"adm:x:4:a,b\n"},
		"nsswitch":     {"hosts:   files [NOTFOUND=return] dns\n"},
		"apt":          {"deb [a=b] http://x/ trixie main\n# deb-src http://x/ trixie main\n"},
		"sudoers":      {"Defaults env_reset\n#includedir /x\n%a ALL=(ALL) ALL\nUser_Alias A = b, \\\n c\n"},
		"lines":        {locales},
		"shell":        {"export A=b # c\n#D='e'\nF=(a b)\nif x; then G=$(h); fi\n", "A=\"$(b \"c\" ')' # d\n)\"\nE=`f \"$g\"`'h'\nI=\"${j:-\"k\"}\\$l\"\n"},
		"deb822":       {debianSources},
		"dovecot":      {"a = b\nc d {\n  e = f # g\n  !include x\n}\n#h = i\n"},
		"braces":       {"update c {\n\t&a := \"b \\\n\tc\"\n}\nif (d && \\\n  e) {\n\tf = g\n}\n"},
		"lighttpd":     {"server.modules = (\n \"a\", # b\n \"c\" )\n$HTTP[\"x\"] == \"y\" { a = 1 }\n"},
		"logrotate":    {"/a /b {\n\tweekly\n\tpostrotate\n\t\tx }\n\tendscript\n}\n"},
		"json":         {jsonSample, "// c\n{\"a\": [1, /* b */ {\"c\": null,},]}\n"},
		"xml":          {serverXML, "<a b='c'><!-- <d/> --><e>f</e><![CDATA[g]]></a>"},
		"yaml":         {yamlSample, "a: &b\n  - c: |\n      d\n    e: 'f'\n#g: h\n? i\n: j\n", "{a: [b, c], d: \"e\"}\n"},
		"toml":         {tomlSample, "a = \"\"\"\nb\"\"\"\n[[c.d]]\ne = { f = 1, g = [1,\n 2] } # h\n"},
		"php-code":     {"<?php\n$a['b'] = 'c'; // d\ndefine('E', true);\nreturn ['f' => ['g' => 1]];\n$j = <<<K\nl;\nK;\n/* h */\n#$i = 1;\n"},
		"lua":          {luaSample, "a = { --[[ b\n} ]] c = 'd'; }\n--e = 1, f\n"},
		"configparser": {"[a]\nb = c # d\n  e ; f\n;g: h\ni\n"},
		"vsftpd":       {"a=b\n#C=d e\n"},
		"master.cf":    {"smtp inet n - y - - smtpd\n  -o a=b\n#c unix - - n - - d\n"},
		"limits":       {"* soft nofile 1024\n#@a - core 0 # b\n"},
		"hosts":        {"127.0.0.1\ta b # c\n#::1 d\n"},
		"services":     {"http 80/tcp www # a\n"},
		"shadow":       {"root:*:1:0:9:7:::\n"},
		"subid":        {"a:1:2\n"},
		"inittab":      {"id:2:initdefault:\n#a:b:c:d e\n"},
		"python":       {"A = 1; b()\nC = 2 + \\\n 3\nD = \"\"\"e\n\"\"\"\n", "c.A.b = ['x',\n 'y']\n# c.D = '''e'''\nF = 1 # g\n"},
	}[format]
}

// Each format that has keys has seeds.
func TestFormatSeeds(t *testing.T) {
	for _, f := range Formats() {
		if len(formatSeeds(f.Name)) == 0 && f.Name != "text" {
			t.Errorf("%s is not fuzzed", f.Name)
		}
	}
}

// fuzzFormats fuzzes formats that share a tokenizer; the first argument chooses
// one of them.
func fuzzFormats(f *testing.F, formats ...string) {
	for i, name := range formats {
		for _, src := range formatSeeds(name) {
			f.Add(uint8(i), src, "x y", 1)
			f.Add(uint8(i), strings.ReplaceAll(src, "\n", "\r\n"), "7", 3)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, src, value string, pick int) {
		format := formats[int(which)%len(formats)]
		setThenRead(t, format, src, value, max(pick, 0))
		hideThenShow(t, format, src, max(pick, 0))
	})
}

// hideThenShow comments an entry out and in again, where that is allowed and not
// said to be impossible: then it says what it said.
func hideThenShow(t *testing.T, format, src string, pick int) {
	f, err := formatOf(Input{Format: format})
	if err != nil {
		t.Fatal(err)
	}
	tr := f.parse(src)
	all := tr.entries()
	if len(all) == 0 {
		return
	}
	n := all[pick%len(all)]
	p := pathOf(n)
	if active, twins := tr.find(p, f.style()); n.name == "" || strings.ContainsAny(n.name, " \t") || len(active) != 1 || len(twins) > 0 {
		return
	}
	apply := func(src string, v Verb) (string, bool) {
		res, err := Apply(Input{Name: "f", Format: format, Bytes: []byte(src), Ops: []Op{{Verb: v, Path: p}}})
		return string(res.Bytes), err == nil && res.Done[0].Hint == ""
	}
	hidden, ok := apply(src, Comment)
	if !ok {
		return
	}
	shown, ok := apply(hidden, Uncomment)
	if !ok {
		return
	}
	after := f.parse(shown)
	now, _ := after.find(p, f.style())
	if len(now) != 1 || now[0].text() != n.text() {
		t.Fatalf("commenting %s out in\n%s\nmakes\n%s\nand back\n%s", p, src, hidden, shown)
	}
}

func FuzzNginx(f *testing.F) { fuzzFormats(f, "nginx", "blocks") }

func FuzzAssignments(f *testing.F) {
	fuzzFormats(f, "php", "mysql", "systemd", "gitconfig", "samba", "supervisor", "openssl", "ini",
		"properties", "postgres", "postfix", "keyvalue", "colon", "configparser", "vsftpd")
}

func FuzzDirectives(f *testing.F) {
	fuzzFormats(f, "sshd", "redis", "spaced", "haproxy", "apache", "sudoers")
}

func FuzzTables(f *testing.F) {
	fuzzFormats(f, "pam", "fstab", "pg_hba", "passwd", "group", "nsswitch", "apt", "lines",
		"master.cf", "limits", "hosts", "services", "shadow", "subid", "inittab")
}

func FuzzBraces(f *testing.F) { fuzzFormats(f, "dovecot", "lighttpd", "logrotate", "braces") }
func FuzzDeb822(f *testing.F) { fuzzFormats(f, "deb822") }
func FuzzShell(f *testing.F)  { fuzzFormats(f, "shell") }
func FuzzCode(f *testing.F)   { fuzzFormats(f, "php-code", "python", "lua") }
func FuzzJSON(f *testing.F)   { fuzzFormats(f, "json") }
func FuzzXML(f *testing.F)    { fuzzFormats(f, "xml") }
func FuzzYAML(f *testing.F)   { fuzzFormats(f, "yaml") }
func FuzzTOML(f *testing.F)   { fuzzFormats(f, "toml") }
