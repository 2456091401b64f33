package recipe

import (
	"fmt"
	"regexp"
	"strings"
)

// The parts of a line of sudoers(5).
var (
	sudoDefaults = regexp.MustCompile(`^Defaults(?:[@:!>]\S+)?\s+!?[a-z][a-z0-9_]*\s*(?:[+-]?=\s*\S.*)?(?:,\s*!?[a-z].*)?$`)
	sudoAlias    = regexp.MustCompile(`^(User|Runas|Host|Cmnd|Cmd)_Alias\s+([A-Z][A-Z0-9_]*)\s*=\s*(\S.*)$`)
	sudoName     = regexp.MustCompile(`^!*(?:[%+#]?:?[A-Za-z0-9_.\\-]+|%#\d+|"[^"]+")$`)
	sudoRunas    = regexp.MustCompile(`^\(\s*([^():]*)(?::\s*([^():]*))?\)\s*`)
	sudoOption   = regexp.MustCompile(`^(?:CWD|CHROOT|TIMEOUT|NOTBEFORE|NOTAFTER|ROLE|TYPE)=\S+\s+`)
	sudoTag      = regexp.MustCompile(`^([A-Z_]+):\s*`)
	sudoDigest   = regexp.MustCompile(`^sha(?:224|256|384|512):\S+\s+`)
	sudoCommand  = regexp.MustCompile(`^(?:ALL|[A-Z][A-Z0-9_]*|list|sudoedit(?:\s.*)?|[/^]\S*(?:\s.*)?)$`)
)

const sudoTags = "EXEC NOEXEC FOLLOW NOFOLLOW INTERCEPT NOINTERCEPT LOG_INPUT NOLOG_INPUT LOG_OUTPUT NOLOG_OUTPUT MAIL NOMAIL PASSWD NOPASSWD SETENV NOSETENV"

// sudoMistake says what visudo(8) would not take in a line, or "".
func sudoMistake(line string) string {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "Defaults") {
		if !sudoDefaults.MatchString(line) {
			return "Defaults is followed by settings: Defaults !lecture, timestamp_timeout=5"
		}
		return ""
	}
	if m := sudoAlias.FindStringSubmatch(line); m != nil {
		if m[1] == "Cmnd" || m[1] == "Cmd" {
			return sudoCommands(m[3])
		}
		return sudoNames(m[3])
	}
	if strings.Contains(strings.SplitN(line, "=", 2)[0], "_Alias") {
		return "an alias is User_Alias, Runas_Alias, Host_Alias or Cmnd_Alias, and its name is in capitals"
	}
	who, what, ok := strings.Cut(line, "=")
	if !ok {
		return "there is no = between who and what"
	}
	lists := strings.Fields(regexp.MustCompile(`\s*,\s*`).ReplaceAllString(who, ","))
	if len(lists) != 2 {
		return "before the = stand who may, and on which hosts: %ops ALL="
	}
	for _, l := range lists {
		if bad := sudoNames(l); bad != "" {
			return bad
		}
	}
	return sudoCommands(what)
}

func sudoNames(list string) string {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); !sudoName.MatchString(name) && !strings.ContainsAny(name, "/:") {
			return fmt.Sprintf("%q is no name", name)
		}
	}
	return ""
}

// sudoCommands reads commands, each with whom it runs as and its tags before it.
func sudoCommands(list string) string {
	for _, c := range splitUnescaped(list) {
		c = strings.TrimSpace(c)
		if m := sudoRunas.FindStringSubmatch(c); m != nil {
			for _, names := range m[1:] {
				if bad := sudoNames(names); bad != "" && strings.TrimSpace(names) != "" {
					return bad
				}
			}
			c = c[len(m[0]):]
		} else if strings.HasPrefix(c, "(") {
			return "the parenthesis is not closed"
		}
		for sudoOption.MatchString(c) {
			c = sudoOption.ReplaceAllString(c, "")
		}
		for m := sudoTag.FindStringSubmatch(c); m != nil; m = sudoTag.FindStringSubmatch(c) {
			if !hasWord(sudoTags, m[1]) {
				return fmt.Sprintf("there is no tag %s: the tags are %s", m[1], strings.ReplaceAll(sudoTags, " ", ", "))
			}
			c = c[len(m[0]):]
		}
		c = strings.TrimLeft(c, "! ")
		c = sudoDigest.ReplaceAllString(c, "")
		switch {
		case c == "":
			return "a command is missing"
		case !sudoCommand.MatchString(c):
			word, _, _ := strings.Cut(c, " ")
			return fmt.Sprintf("command %s is no absolute path, no alias in capitals and not ALL", word)
		}
	}
	return ""
}

// splitUnescaped divides at commas that no backslash stands before.
func splitUnescaped(s string) []string {
	const kept = "\x00"
	parts := strings.Split(strings.ReplaceAll(s, `\,`, kept), ",")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], kept, `\,`)
	}
	return parts
}
