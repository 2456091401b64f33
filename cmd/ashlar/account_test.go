package main

import (
	"errors"
	"reflect"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// Each recipe of a build that did not do all is told of once, as what became of it.
func TestAccount(t *testing.T) {
	broken := &plan.Action{ID: "broken", Recipe: "broken", Label: "build broken", Kind: plan.KindBuild}
	p := &plan.Plan{Actions: []*plan.Action{
		broken, {ID: "broken out", Recipe: "broken", Label: "collect broken", Kind: plan.KindCollect},
		{ID: "user out", Recipe: "user", Kind: plan.KindCollect},
		{ID: "here out", Recipe: "here", Kind: plan.KindCollect},
		{ID: "good out", Recipe: "good", Kind: plan.KindCollect}, {ID: "good image", Recipe: "good", Kind: plan.KindImage},
		{ID: "half out", Recipe: "half", Kind: plan.KindCollect}, {ID: "half image", Recipe: "half", Kind: plan.KindImage},
		{ID: "late", Recipe: "late", Kind: plan.KindBuild}, {ID: "late out", Recipe: "late", Kind: plan.KindCollect},
	}}
	for recipe, action := range map[string]plan.ID{
		"broken": "broken out", "user": "user out", "here": "here out", "good": "good image", "half": "half image", "late": "late out",
	} {
		p.Goals = append(p.Goals, plan.Goal{Recipe: recipe, Action: action})
	}
	input := &buildroot.InputError{Cause: broken, Err: errors.New("exit status 7")}
	got := accountOf(p, &buildroot.Results{
		Made:    map[plan.ID]bool{"good out": true, "good image": true, "half out": true},
		Failed:  map[plan.ID]error{"broken": input.Err, "broken out": input, "user out": input},
		Stopped: map[plan.ID]bool{"half image": false, "late": true, "late out": false},
	})
	want := account{
		built: []string{"good"}, failed: []string{"build broken"}, skipped: []string{"user, which needs broken"},
		stopped: []string{"late"}, unbegun: []string{"half"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
