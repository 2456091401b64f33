package main

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// The measures of a picture of recipes, in pixels.
const (
	boxWidth  = 190
	boxHeight = 40
	gapWidth  = 70
	gapHeight = 16
	margin    = 20
)

// graphSVG draws recipes in columns: each to the right of all that it needs.
func graphSVG(w io.Writer, nodes []graphNode) error {
	column, row := map[string]int{}, map[string]int{}
	height := map[int]int{} // boxes in each column
	columns, rows := 0, 0
	for _, n := range nodes { // each stands behind what it needs
		at := 0
		for _, e := range n.Needs {
			if e.How != "test" { // which may need what comes later
				at = max(at, column[e.Recipe]+1)
			}
		}
		column[n.Recipe], row[n.Recipe] = at, height[at]
		height[at]++
		columns, rows = max(columns, at+1), max(rows, height[at])
	}
	x := func(name string) int { return margin + column[name]*(boxWidth+gapWidth) }
	y := func(name string) int { return margin + row[name]*(boxHeight+gapHeight) }
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		2*margin+columns*(boxWidth+gapWidth)-gapWidth, 2*margin+rows*(boxHeight+gapHeight)-gapHeight)
	colours := map[string]string{"build": "#888", "runtime": "#06c", "from": "#093", "test": "#c80"}
	for _, n := range nodes {
		for _, e := range n.Needs {
			fromX, fromY, toX, toY := x(e.Recipe)+boxWidth, y(e.Recipe)+boxHeight/2, x(n.Recipe), y(n.Recipe)+boxHeight/2
			fmt.Fprintf(w, `<path d="M%d %d C%d %d %d %d %d %d" fill="none" stroke="%s"><title>%s</title></path>`+"\n",
				fromX, fromY, fromX+gapWidth/2, fromY, toX-gapWidth/2, toY, toX, toY, colours[e.How],
				escaped(fmt.Sprintf("%s %s %s/%s", n.Recipe, e.How, e.Recipe, strings.Join(e.Sets, ","))))
		}
	}
	for _, n := range nodes {
		fill := "#fff"
		if !n.Stored {
			fill = "#fec"
		}
		fmt.Fprintf(w, `<rect x="%d" y="%d" width="%d" height="%d" rx="4" fill="%s" stroke="#444"/>`+"\n", x(n.Recipe), y(n.Recipe), boxWidth, boxHeight, fill)
		fmt.Fprintf(w, `<text x="%d" y="%d">%s</text>`+"\n", x(n.Recipe)+8, y(n.Recipe)+17, escaped(clip(strings.TrimSpace(n.Recipe+" "+n.Version), 28)))
		fmt.Fprintf(w, `<text x="%d" y="%d" fill="#666">%s</text>`+"\n", x(n.Recipe)+8, y(n.Recipe)+32, escaped(cmp.Or(n.facts(), "nothing to build")))
	}
	_, err := fmt.Fprintln(w, "</svg>")
	return err
}

func escaped(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}
