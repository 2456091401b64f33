package image

import (
	"strings"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
)

// sudo writes one rule where sudo reads it, sudoers(5).
func (a *assembly) sudo(t *layer.Tree, c content, s recipe.Var) {
	line := strings.TrimSpace(s.Value)
	who, _, _ := strings.Cut(line, " ")
	if !strings.Contains(line, "=") || strings.Contains(line, "\n") || who == "" {
		a.mistake(s.Pos, `write one line as in "%ops ALL=(root) NOPASSWD: /usr/bin/ss"`, "sudo %s: %q is no rule of sudoers(5)", s.Name, s.Value)
		return
	}
	if group, ok := strings.CutPrefix(who, "%"); ok {
		a.accounts.mention("", group)
	} else if who != "ALL" {
		a.accounts.mention(who, "")
	}
	if !exists(t, "/usr/bin/sudo") {
		a.mistake(s.Pos, `add "sudo" to depends.runtime`, "sudo %s: the image has no sudo", s.Name)
	}
	f := layer.Content("/etc/sudoers.d/"+s.Name, 0o440, []byte(line+"\n"), c.from("sudo"))
	a.put(t, c, f, false, s.Pos, "sudo")
}
