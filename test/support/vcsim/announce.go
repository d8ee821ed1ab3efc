package main

import (
	"reflect"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// announce does what the simulator leaves out of a reconfiguration: what is not named stays as it is, and clients that wait
// for updates hear of it.
func announce(ctx *simulator.Context, method *simulator.Method) {
	switch req := method.Body.(type) {
	case *types.ReconfigureDVPortgroup_Task:
		if portgroup, ok := ctx.Map.Get(req.This).(*simulator.DistributedVirtualPortgroup); ok {
			ctx.WithLock(portgroup, func() { announcePortgroup(ctx, portgroup, &req.Spec) })
		}
	case *types.ReconfigVM_Task:
		if machine, ok := ctx.Map.Get(req.This).(*simulator.VirtualMachine); ok {
			ctx.WithLock(machine, func() { announceMachine(ctx, machine, &req.Spec) })
		}
	}
}

func announcePortgroup(ctx *simulator.Context, portgroup *simulator.DistributedVirtualPortgroup, spec *types.DVPortgroupConfigSpec) {
	config := &portgroup.Config
	if reflect.TypeOf(spec.DefaultPortConfig) == reflect.TypeOf(config.DefaultPortConfig) {
		keep(spec.DefaultPortConfig, config.DefaultPortConfig)
	}
	keep(&spec.DefaultPortConfig, &config.DefaultPortConfig)
	keep(&spec.Name, &config.Name)
	keep(&spec.Type, &config.Type)
	keep(&spec.NumPorts, &config.NumPorts)
	keep(&spec.Policy, &config.Policy)
	ctx.Update(portgroup, []types.PropertyChange{
		{Name: "config.defaultPortConfig", Val: spec.DefaultPortConfig},
		{Name: "config.name", Val: spec.Name},
	})
}

func announceMachine(ctx *simulator.Context, machine *simulator.VirtualMachine, spec *types.VirtualMachineConfigSpec) {
	var changes []types.PropertyChange
	if spec.CpuAllocation != nil {
		keep(spec.CpuAllocation, machine.Config.CpuAllocation)
		changes = append(changes, types.PropertyChange{Name: "config.cpuAllocation", Val: *spec.CpuAllocation})
	}
	if spec.LatencySensitivity != nil {
		changes = append(changes, types.PropertyChange{Name: "config.latencySensitivity", Val: *spec.LatencySensitivity})
	}
	if spec.NumCPUs != 0 {
		changes = append(changes, types.PropertyChange{Name: "config.hardware.numCPU", Val: spec.NumCPUs})
	}
	if spec.Version != "" {
		changes = append(changes, types.PropertyChange{Name: "config.version", Val: spec.Version})
	}
	ctx.Update(machine, changes)
}

// keep puts the old value wherever there is no new one. Both are pointers to the same type.
func keep(new, old any) {
	keepFields(reflect.ValueOf(new).Elem(), reflect.ValueOf(old).Elem())
}

func keepFields(new, old reflect.Value) {
	if new.IsZero() {
		new.Set(old)
	} else if new.Kind() == reflect.Struct {
		for i := range new.NumField() {
			keepFields(new.Field(i), old.Field(i))
		}
	}
}

// tell lets clients that wait for updates hear of changes that were made already. The simulator applies what it tells, and
// cannot apply everything: so it gets an object without contents, of which it only looks at the reference.
func tell(ctx *simulator.Context, empty mo.Reference, changes ...types.PropertyChange) {
	ctx.Update(empty, changes)
}
