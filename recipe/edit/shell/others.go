package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Others returns the programs that a script calls and [Read] has nothing for, once
// each, in their order: what they do is no edit of a file. What only prints, asks or
// ends the script is left out.
func Others(script string) ([]string, error) {
	file, err := parse(script)
	if err != nil {
		return nil, err
	}
	r := &reader{script: script, vars: map[string]string{}}
	var names []string
	syntax.Walk(file, func(n syntax.Node) bool {
		c, ok := n.(*syntax.CallExpr)
		if !ok {
			return true
		}
		words, _ := r.words(c.Args)
		if words = bareCommand(words); len(words) == 0 {
			return true
		}
		if name := base(words); known(name) == nil && !harmless[name] && !strings.Contains(words[0], varOpen) && !slices.Contains(names, name) {
			names = append(names, name)
		}
		return true
	})
	return names, nil
}

// harmless are commands that leave nothing in an image by themselves.
var harmless = map[string]bool{
	"": true, ":": true, "[": true, "test": true, "true": true, "false": true, "cd": true, "set": true, "export": true, "unset": true, "shift": true,
	"echo": true, "printf": true, "cat": true, "tee": true, "exit": true, "return": true, "read": true, "source": true, ".": true, "trap": true,
	"wait": true, "sleep": true, "ls": true, "which": true, "type": true, "date": true, "id": true, "uname": true, "dpkg-query": true, "dirname": true,
	"basename": true, "head": true, "tail": true, "tr": true, "cut": true, "sort": true, "uniq": true, "wc": true, "dpkg": true, "getent": true,
}
