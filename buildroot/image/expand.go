package image

import (
	"fmt"
	"strings"

	"github.com/ashlar-build/ashlar/recipe"
)

// expand puts the values of variables into a text: `${name}`; `$${` stands for
// `${` itself, and any other `$` for itself (recipe format, 2.1).
func expand(text string, vars []recipe.Var) (string, error) {
	var b strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			b.WriteString(text)
			return b.String(), nil
		}
		if i > 0 && text[i-1] == '$' {
			b.WriteString(text[:i-1] + "${")
			text = text[i+2:]
			continue
		}
		name, rest, ok := strings.Cut(text[i+2:], "}")
		value, known := lookup(vars, name)
		switch {
		case !ok:
			return "", fmt.Errorf("line %d: a closing brace is missing behind ${", 1+strings.Count(b.String()+text[:i], "\n"))
		case !known:
			return "", fmt.Errorf("line %d: unknown variable ${%s}", 1+strings.Count(b.String()+text[:i], "\n"), name)
		}
		b.WriteString(text[:i] + value)
		text = rest
	}
}

func lookup(vars []recipe.Var, name string) (string, bool) {
	for _, v := range vars {
		if v.Name == name {
			return v.Value, true
		}
	}
	return "", false
}
