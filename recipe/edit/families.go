package edit

import "strings"

// The families of assignments.

// php.ini's sections are comments to PHP but for [PATH=…] and [HOST=…]; those of
// php-fpm are not, but a pool's file has one.
func php() assignment {
	return assignment{sep: "=", marks: ";", inline: ";", ini: true, quotes: `"'`, escape: true, look: style{bareKeys: true}}
}

func mysql() assignment {
	return assignment{sep: "=", marks: "#;", inline: "#", ini: true, bare: true, quotes: `'"`, escape: true,
		look: style{dashes: true, headed: true, quiet: []string{"!include", "!includedir"}}}
}

// systemd's units have no comments behind values, and keys may be repeated; an
// empty value resets the ones before it.
func systemd() assignment {
	return assignment{sep: "=", marks: "#;", ini: true, cont: '\\', glue: " ", tight: true, look: style{headed: true, list: " "}}
}

func gitconfig() assignment {
	return assignment{sep: "=", marks: "#;", inline: "#;", ini: true, bare: true, cont: '\\', glue: " ", quotes: `"`, escape: true,
		look: style{fold: true, headed: true, indent: "\t"}}
}

func samba() assignment {
	return assignment{sep: "=", marks: "#;", ini: true, cont: '\\', glue: " ", spaced: true, look: style{fold: true, list: " "}}
}

func supervisor() assignment {
	return assignment{sep: "=:", marks: ";#", inline: ";", ini: true, cont: ' ', glue: " ", tight: true, look: style{headed: true}}
}

func openssl() assignment {
	return assignment{sep: "=", marks: "#", inline: "#", ini: true, cont: '\\', glue: " ", quotes: `"'`, escape: true,
		look: style{quiet: []string{".include"}}}
}

// configparser is what Python reads: quotes are part of values, and a comment
// behind a value begins with a semicolon.
func configparser() assignment {
	return assignment{sep: "=:", marks: "#;", inline: ";", ini: true, bare: true, cont: ' ', glue: "\n", look: style{headed: true}}
}

func ini() assignment {
	return assignment{sep: "=:", marks: "#;", inline: "#;", ini: true, bare: true, cont: ' ', glue: " ", quotes: `"'`, escape: true}
}

func properties() assignment {
	return assignment{sep: "=:", marks: "#!", cont: '\\', blanks: true, bare: true, tight: true, escape: true}
}

// postgres reads numbers and words bare and all else in single quotes.
func postgres() assignment {
	return assignment{sep: "=", marks: "#", inline: "#", blanks: true, quotes: "'",
		quoteNew: func(v string) bool {
			return strings.Trim(strings.ToLower(v), "abcdefghijklmnopqrstuvwxyz0123456789_-.") != "" || v == "" ||
				strings.Contains(v, ".") && strings.Trim(v, "0123456789.") != ""
		},
		look: style{fold: true, quiet: []string{"include", "include_dir", "include_if_exists"}}}
}

func postfix() assignment {
	return assignment{sep: "=", marks: "#", cont: ' ', glue: " ", look: style{list: ", "}}
}

func keyvalue() assignment {
	return assignment{sep: "=", marks: "#;", bare: true, cont: '\\', glue: " ", quotes: ""}
}

// vsftpd takes no blanks around `=`.
func vsftpd() assignment {
	return assignment{sep: "=", marks: "#", tight: true, look: style{fold: true}}
}

// The families of words.

// sshd counts the first of two keys, and all behind a Match belongs to it.
func sshd() directives {
	return directives{marks: "#", inline: "#", quotes: `"`, escape: true, heads: matchHead, deep: true,
		heading: func(name string, args []string) (string, string) {
			return strings.Join(append([]string{name}, args...), " "), ""
		},
		look: style{fold: true, firstWins: true, indent: "\t", quiet: []string{"Include"},
			many: []string{"Port", "ListenAddress", "HostKey", "HostCertificate", "AcceptEnv", "AllowUsers", "DenyUsers",
				"AllowGroups", "DenyGroups", "Subsystem", "Include", "IdentityFile", "CertificateFile", "SendEnv",
				"LocalForward", "RemoteForward", "DynamicForward"}}}
}

// matchHead reads `Match …` of sshd_config and `Host …` of ssh_config.
func matchHead(s string, sp span) (node, headKind) {
	n, ok := directives{inline: "#", quotes: `"`, escape: true}.read(s, sp)
	if !ok || len(n.words) == 0 || !strings.EqualFold(n.name, "Match") && !strings.EqualFold(n.name, "Host") {
		return node{}, noHead
	}
	return n, opens
}

func redis() directives {
	return directives{marks: "#", quotes: `"'`, escape: true, empty: true, look: style{fold: true, quiet: []string{"include"}}}
}

func spaced() directives {
	return directives{marks: "#", inline: "#", quotes: `"`, heads: iniHead,
		heading: func(name string, _ []string) (string, string) { return "[" + name + "]", "" }}
}

// haproxy's sections are lines without indent.
func haproxy() directives {
	return directives{marks: "#", inline: "#", quotes: `"'`, escape: true, heads: outdented,
		heading: func(name string, args []string) (string, string) {
			return strings.Join(append([]string{name}, args...), " "), ""
		},
		look: style{indent: "    "}}
}

// outdented reads a line without indent as the head of a section.
func outdented(s string, sp span) (node, headKind) {
	if sp.start > 0 && s[sp.start-1] != '\n' {
		return node{}, noHead
	}
	n, ok := directives{inline: "#", quotes: `"'`, escape: true}.read(s, sp)
	if !ok || !isKey(n.name) || strings.HasPrefix(n.name, ".") {
		return node{}, noHead
	}
	return n, opens
}

func apache() directives {
	return directives{marks: "#", cont: '\\', quotes: `"'`, escape: true, empty: true, nested: true, heads: apacheHead,
		heading: func(name string, args []string) (string, string) {
			return "<" + strings.Join(append([]string{name}, args...), " ") + ">", "</" + name + ">"
		},
		look: style{fold: true, indent: "    ", quiet: []string{"Include", "IncludeOptional"}}}
}

// apacheHead reads `<Name args>` and `</Name>`.
func apacheHead(s string, sp span) (node, headKind) {
	if s[sp.start] != '<' || s[sp.end-1] != '>' || sp.end-sp.start < 3 {
		return node{}, noHead
	}
	inner := span{sp.start + 1, sp.end - 1}
	kind := opens
	if s[inner.start] == '/' {
		inner.start++
		kind = closes
	}
	inner.end = trimRight(s, inner.start, inner.end)
	if inner.empty() || !isKey(s[inner.start:inner.start+1]) {
		return node{}, noHead
	}
	n, _ := directives{quotes: `"'`, escape: true}.read(s, inner)
	n.whole = sp
	return n, kind
}

// The tables: rows of columns.

func pam() directives {
	return directives{marks: "#", cont: '\\', rows: true, columns: []string{"control", "module", "args"},
		name: func(s string) string { return strings.TrimPrefix(s, "-") },
		columnOf: func(n *node, name string) int {
			switch {
			case n.name == "@include":
				return -1
			case name == "control":
				return 0
			case name == "module":
				return 1
			case name == "args":
				return 2
			}
			return -1
		}}
}

func limits() directives {
	return directives{marks: "#", inline: "#", rows: true, columns: []string{"type", "item", "value"}}
}

func fstab() directives {
	return directives{marks: "#", rows: true, columns: []string{"file", "type", "options", "dump", "pass"}}
}

func hosts() directives {
	return directives{marks: "#", inline: "#"}
}

func services() directives {
	return directives{marks: "#", inline: "#", columns: []string{"port", "aliases"}}
}

func pghba() directives {
	return directives{marks: "#", inline: "#", quotes: `"`, rows: true, columns: []string{"database", "user", "address", "method"},
		columnOf: func(n *node, name string) int {
			order := []string{"database", "user", "address", "method"}
			if n.name == "local" {
				order = []string{"database", "user", "method"}
			}
			for i, c := range order {
				if c == name {
					return i
				}
			}
			return -1
		}}
}

func mastercf() directives {
	return directives{marks: "#", cont: ' ', rows: true,
		columns: []string{"type", "private", "unpriv", "chroot", "wakeup", "maxproc", "command"}}
}

func nsswitch() directives {
	return directives{marks: "#", inline: "#", after: ":"}
}

// sources is apt's one-line format: `deb [options] uri suite components`.
func sources() directives {
	return directives{marks: "#", inline: "#", rows: true, columns: []string{"uri", "suite", "components"},
		columnOf: func(n *node, name string) int {
			at := 0
			if len(n.words) > 0 && strings.HasPrefix(n.words[0].text, "[") {
				at = 1
			}
			switch name {
			case "options":
				return at - 1
			case "uri":
				return at
			case "suite":
				return at + 1
			case "components":
				return at + 2
			}
			return -1
		}}
}

func passwd() directives {
	return directives{sep: ':', rows: true, columns: []string{"password", "uid", "gid", "gecos", "home", "shell"}}
}

func subid() directives {
	return directives{sep: ':', rows: true, columns: []string{"start", "count"}}
}

func inittab() directives {
	return directives{marks: "#", sep: ':', rows: true, columns: []string{"levels", "action", "process"}}
}

func group() directives {
	return directives{sep: ':', rows: true, columns: []string{"password", "gid", "members"}, look: style{member: 3}}
}

func shadow() directives {
	return directives{sep: ':', rows: true, columns: []string{"password", "changed", "min", "max", "warn", "inactive", "expire"}}
}

// sudoers has directives that look like comments: #include and #1000.
func sudoers() directives {
	return directives{marks: "#", inline: "#", cont: '\\', quotes: `"`,
		uncommented: func(text string) bool {
			return strings.HasPrefix(text, "include ") || strings.HasPrefix(text, "includedir ") || text != "" && text[0] >= '0' && text[0] <= '9'
		},
		look: style{quiet: []string{"@include", "@includedir", "#include", "#includedir"}}}
}
