package plan

import (
	"fmt"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// public refuses files that hold a secret: all who have the image can read it.
func (p *planner) public(files []File, at diag.Pos) {
	for _, f := range files {
		if what := recipe.Revealed(string(f.Data)); what != "" {
			p.errs.Add(&diag.Error{Pos: at, Msg: fmt.Sprintf("%s looks like a secret: %s is in it", f.Name, what), Hint: "an image can be read by all who have it: give the file to the container when it starts"})
		}
	}
}
