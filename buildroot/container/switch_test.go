package container

import (
	"reflect"
	"strings"
	"testing"
)

func TestReadSwitch(t *testing.T) {
	env := []string{"A=1", "UID=33", "GID=34", "GIDLIST=34,4"}
	tests := []struct {
		line string
		want switched
		bad  string
	}{
		{"-Uz -- nginx -g x", switched{33, 34, true, []string{"A=1"}, []string{"nginx", "-g", "x"}}, ""},
		{"-zU nginx", switched{33, 34, true, []string{"A=1"}, []string{"nginx"}}, ""},
		{"-U nginx -z", switched{33, 34, false, env, []string{"nginx", "-z"}}, ""},
		{"-u 5 -g6 -G 7,8 id", switched{5, 6, false, env, []string{"id"}}, ""},
		{"-zu5 id", switched{5, 0, true, []string{"A=1"}, []string{"id"}}, ""},
		{"id", switched{0, 0, false, env, []string{"id"}}, ""},
		{"- id", switched{0, 0, false, env, []string{"-", "id"}}, ""},
		{"-u x id", switched{}, `-u "x": not a number`},
		{"-u", switched{}, `-u "": not a number`},
		{"-x id", switched{}, "-x: unknown option"},
		{"-U", switched{}, "no program"},
	}
	for _, tt := range tests {
		got, err := readSwitch(strings.Fields(tt.line), env)
		switch {
		case tt.bad != "":
			if err == nil || err.Error() != tt.bad {
				t.Errorf("%s: got %v, want %s", tt.line, err, tt.bad)
			}
		case err != nil:
			t.Errorf("%s: %v", tt.line, err)
		case !reflect.DeepEqual(*got, tt.want):
			t.Errorf("%s: got %+v, want %+v", tt.line, *got, tt.want)
		}
	}
}

// What a container's root starts as another user believes to be that user, and is
// for its parent as if there were nothing between: signals, exit status, death.
func TestContainerSwitch(t *testing.T) {
	k := start(t, Options{})
	tests := []struct{ name, script, want string }{
		{"numbers", `UID=33 GID=34 $become -Uz -- sh -c 'id -u; id -g; echo "$UID"; stat -c %u:%g /etc; grep CapEff /proc/self/status'`,
			"33\n34\n\n33:34\nCapEff:\t0000000000000000\n"},
		{"root", `$become -u 0 -g 0 sh -c 'id -u'; echo $?`, "0\n0\n"},
		{"side by side", `$become -u 5 sh -c 'id -u; echo a >/a; chmod 600 /a'; $become -u 6 sh -c 'id -u; cat /a'`, "5\n6\na\n"},
		{"status", `$become -u 5 sh -c 'exit 7'; echo $?`, "7\n"},
		{"signals", `for s in KILL TERM SEGV QUIT USR1 37; do $become -u 5 sh -c 'kill -'$s' $$'; echo $s $?; done 2>/dev/null`,
			"KILL 137\nTERM 143\nSEGV 139\nQUIT 131\nUSR1 138\n37 165\n"},
		{"told", `$become -u 5 sh -c 'trap "echo told; exit 3" TERM; echo up; while :; do sleep 0.01; done' >/log & until [ -s /log ]; do sleep 0.01; done; kill $!; wait $!; echo $?; cat /log`,
			"3\nup\ntold\n"},
		{"killed", `$become -u 5 sh -c 'echo $$ >/pid; exec sleep 1000' & until [ -s /pid ]; do sleep 0.01; done; kill -9 $!; wait $! 2>/dev/null; echo $?; while kill -0 $(cat /pid) 2>/dev/null; do sleep 0.01; done; echo gone`,
			"137\ngone\n"},
		{"no program", `$become -u 5 nosuch 2>&1; echo $?`, "s6-applyuidgid: fatal: exec: \"nosuch\": executable file not found in $PATH\n111\n"},
	}
	for _, tt := range tests {
		j := shell(t, "become=/s6-applyuidgid\n"+tt.script)
		j.Switch = "/s6-applyuidgid"
		same(t, tt.name, run(t, k, j), tt.want)
	}
}
