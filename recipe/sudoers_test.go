package recipe

import (
	"strings"
	"testing"
)

// TestSudoMistake has lines that visudo takes, and lines that it refuses with the
// words that tell why here.
func TestSudoMistake(t *testing.T) {
	tests := []struct{ line, want string }{
		{"%ops ALL=(root) NOPASSWD: /usr/bin/ss", ""},
		{"%ops ALL=(root) NOPASSWD: /usr/bin/journalctl, /usr/bin/ss", ""},
		{"alice, bob ALL=(ALL:ALL) ALL", ""},
		{"#1000 ALL=(:www) SETENV:NOEXEC: /bin/ls -l \\,x, !/bin/sh", ""},
		{"Defaults !requiretty", ""},
		{"Defaults:alice timestamp_timeout=5, !lecture", ""},
		{"Cmnd_Alias PING = /bin/ping, /bin/traceroute", ""},
		{"User_Alias ADMINS = alice, %wheel", ""},
		{"ADMINS ALL = PING", ""},
		{"x ALL=sha224:0GomF8mNN3wlDt1HD9XldjJ3SNgpFdbjO1+NsQ== /bin/ls", ""},
		{"x ALL=CWD=/tmp NOPASSWD: sudoedit /etc/x", ""},
		{"%ops ALL=(root) NOPASWD: /usr/bin/ss", "no tag NOPASWD"},
		{"%ops ALL=(root) NOPASSWD: ss", "command ss is no absolute path"},
		{"%ops ALL=(root NOPASSWD: /usr/bin/ss", "not closed"},
		{"%ops ALL=", "a command is missing"},
		{"%ops ALL=(root) NOPASSWD:", "a command is missing"},
		{"%ops=/usr/bin/ss", "which hosts"},
		{"%ops ALL /usr/bin/ss", "no = between"},
		{"Defaults", "followed by settings"},
		{"Cmnd_Alias ping = /bin/ping", "its name is in capitals"},
		{"Cmnd_Alias PING = ping", "command ping"},
	}
	for _, tt := range tests {
		got := sudoMistake(tt.line)
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.line, got, tt.want)
		}
	}
}
