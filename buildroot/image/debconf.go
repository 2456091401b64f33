package image

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A question is what a package's templates say of one (debconf-devel(7)).
type question struct {
	kind    string // "select", "boolean", "string"…
	choices []string
}

// checkDebconf finds answers that debconf would pass over in silence: to
// questions that no package asks, and outside of the choices that it gives.
func (a *assembly) checkDebconf() error {
	if len(a.in.Recipe.Debconf) == 0 {
		return nil
	}
	asked := map[string]question{}
	for _, root := range []Root{a.in.Runtime, a.in.Build} {
		for _, p := range root.Packages {
			text, err := p.Member("templates")
			if err != nil {
				return err
			}
			readTemplates(string(text), asked)
		}
	}
	for _, v := range a.in.Recipe.Debconf {
		q, ok := asked[v.Name]
		choices := q.choices
		if q.kind == "boolean" {
			choices = []string{"true", "false"}
		}
		switch {
		case !ok:
			hint := "debconf-show(1) lists a package's questions"
			if near := diag.Nearest(v.Name, slices.Sorted(maps.Keys(asked))); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			a.mistake(v.Pos, hint, "no package asks %q", v.Name)
		case choices != nil && !slices.Contains(choices, v.Value):
			a.mistake(v.Pos, "choose one of: "+strings.Join(choices, ", "), "%q is no answer to %s", v.Value, v.Name)
		}
	}
	return nil
}

// readTemplates adds the questions of a templates file. Choices that a script
// fills in are not known here.
func readTemplates(text string, into map[string]question) {
	for stanza := range strings.SplitSeq(text, "\n\n") {
		var name string
		var q question
		for line := range strings.Lines(stanza) {
			field, value, _ := strings.Cut(line, ":")
			value = strings.TrimSpace(value)
			switch {
			case field == "Template":
				name = value
			case field == "Type":
				q.kind = value
			case (field == "Choices" || field == "Choices-C" || field == "__Choices") && !strings.Contains(value, "${"):
				q.choices = splitChoices(value)
			}
		}
		if q.kind != "select" {
			q.choices = nil
		}
		if name != "" {
			into[name] = q
		}
	}
}

// splitChoices reads a list whose commas may be escaped.
func splitChoices(s string) []string {
	const comma = "\x00"
	var out []string
	for part := range strings.SplitSeq(strings.ReplaceAll(s, `\,`, comma), ",") {
		out = append(out, strings.ReplaceAll(strings.TrimSpace(part), comma, ","))
	}
	return out
}
