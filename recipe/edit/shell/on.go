package shell

import (
	"errors"

	"github.com/ashlar-build/ashlar/recipe/edit"
	"github.com/ashlar-build/ashlar/recipe/edit/sed"
)

// On says what the change comes to on the file at hand, and what the shell
// leaves of it (Sed; empty where only the command itself could tell). The
// error says that nothing in a recipe means the same.
func (ch Change) On(in edit.Input) (sed.Plan, error) {
	var p sed.Plan
	switch {
	case ch.Sed != nil:
		return sed.Translate(in, ch.Sed)
	case ch.Err != nil:
		return p, ch.Err
	case ch.kind == appends:
		p.Ops, p.Sed = Appended(in.Name, in.Format, ch.Text), string(in.Bytes)+ch.Text
	case ch.kind == writes || ch.kind == declares && len(in.Bytes) == 0:
		p.Sed = ch.Text
		p.Result = edit.Result{Bytes: []byte(ch.Text), Already: string(in.Bytes) == ch.Text}
		return p, nil
	case ch.kind == declares:
		p.Ops = settings(in.Name, in.Format, ch.Text)
	default:
		p.Ops = ch.Ops
	}
	if len(p.Ops) == 0 {
		return p, errors.New("the change is a key of its own, no edit of this file")
	}
	in.Ops = p.Ops
	p.Result, p.Err = edit.Apply(in)
	return p, nil
}
