package shell

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// A command for which a recipe has nothing is refused, and each says why.
func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct{ script, want string }{
		{`echo >> /x`, "/x: ! nothing is appended"},
		{`sed -i '' /x`, "/x: ! the command changes nothing"},
		{`sed -n 's/a/b/p' /a > /b`, "/b: ! sed -n prints chosen lines only"},
		{`sed -i --quiet 's/a/b/' /x`, "/x: ! sed -n prints chosen lines only"},
		{`sed -i --sandbox 's/a/b/' /x`, "/x: ! sed has the option --sandbox"},
		{`sed -i -z 's/a/b/' /x`, "/x: ! sed -z reads the file as one line"},
		{`sed -i -f x.sed /x`, "/x: ! the script is in a file: read it with --from-sed"},
		{`sed -i -x 's/a/b/' /x`, "/x: ! sed has the option -x"},
		{`sed 's/a/b/' /a >> /b`, "/b: ! what is written is made of several files when it runs"},
		{`sed -i 's/a/b/'`, ": ! which files are changed is known when the command runs"},
		{`perl -ni -e 's/a/b/' /x`, "/x: ! perl has the option -ni: it does more than substitutions in lines"},
		{`perl -i -e 's/a/b/' /x`, "/x: ! perl without -p does more than substitutions in lines"},
		{`ls | envsubst > /x`, "/x: ! what is written is made by a command when it runs"},
		{`envsubst > /x`, "/x: ! what is filled in is made by a command when it runs"},
		{`grep a /b > /x`, "/x: ! grep prints chosen lines only: write what the file must say"},
		{`grep -v '\(a\)\1' /b > /x`, `/x: ! the pattern refers back to a group (\1)`},
		{`patch -p1`, ": ! the difference is what another command prints: put it into a file beside the recipe"},
		{`crudini --set /x a`, ": ! crudini --set: its arguments are not a file, a section, a key and a value"},
		{`augtool -s -f x.aug`, ": ! augtool x.aug: write what it is to do as an operation"},
		{`augtool -s`, ": ! augtool reads its commands from a file: write each as an operation"},
		{`augtool -s ins a before /files/etc/hosts/1`, ": ! augtool ins: write what it is to do as an operation"},
		{`augtool -s set "/files$F/x" y`, "${F}/x: ! which file is changed is known when the command runs"},
		{`augtool -s set /files/opt/a/b c`, ": ! augtool: no part of /opt/a/b is a file of a known format"},
		{`augtool -s set '/files/etc/hosts/*[1]' x`, "/etc/hosts: ! the path names an entry by its position or pattern: choose it by a value"},
		{`postconf -M smtp/inet='smtp inet n'`, "/etc/postfix/master.cf: ! master.cf is a table: write `set` with arg, or `insert` a row"},
		{`composer config -g repo x`, ": ! composer config: write the file that it keeps"},
		{`jq --arg a b .c /a > /b`, "/b: ! jq has the option --arg: write what it is to do as operations"},
		{`jq . > /b`, "/b: ! what jq reads is made by a command when it runs"},
		{`jq '.a | map(.b)' /a > /b`, "/b: ! the filter of jq is a program: write what it is to do as operations"},
		{`sed -i "s/a/$(date)/" /x`, ": ! a value is what a command prints when it runs"},
		{`sed -i "s/a/$((1+1))/" /x`, ": ! a value is computed when the command runs"},
		{`sed -i "s/a/${#B}/" /x`, ": ! a value is computed from a variable when the command runs"},
		{`sed -i "s/a/${B%c}/" /x`, ": ! a value is computed from a variable when the command runs"},
		{`go-replace --mode=line --regex -s '(a)\1' -r c -- /x`, `/x: ! error parsing regexp: invalid escape sequence: ` + "`\\1`"},
	} {
		all, err := Read(tt.script, Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.script, err)
			continue
		}
		if got := said(all); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.script, got, tt.want)
		}
	}
	if _, err := Read(`echo "a > /x`, Options{}); err == nil || !strings.Contains(err.Error(), "shell: 1:6: reached EOF without closing quote") {
		t.Errorf("a quote without end: %v", err)
	}
}

// What is a key of its own is no edit of the file at hand.
func TestOnRefuses(t *testing.T) {
	all, err := Read(`cp /a /b`, Options{})
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	const want = "the change is a key of its own, no edit of this file"
	if _, err := all[0].On(edit.Input{Name: "/b", Bytes: []byte("x\n")}); err == nil || err.Error() != want {
		t.Errorf("%v; want %q", err, want)
	}
}
