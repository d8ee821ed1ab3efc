package main

import (
	"fmt"
	"reflect"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/types"
)

// changeMachine does what an administrator does to a machine.
func (v *vcenter) changeMachine(machine *object.VirtualMachine, c command) error {
	switch c.Do {
	case "power":
		if c.On {
			return v.wait(machine.PowerOn(v))
		}
		return v.wait(machine.PowerOff(v))
	case "destroy":
		return v.wait(machine.Destroy(v))
	case "rename":
		return v.wait(machine.Rename(v, c.Name))
	case "migrate":
		host, err := v.finder.HostSystem(v, "*/"+c.Host)
		if err != nil {
			return err
		}
		ref := host.Reference()
		return v.wait(machine.Relocate(v, types.VirtualMachineRelocateSpec{Host: &ref}, types.VirtualMachineMovePriorityDefaultPriority))
	case "snapshot":
		return v.wait(machine.CreateSnapshot(v, c.Name, "", false, false))
	case "remove-snapshot":
		return v.wait(machine.RemoveSnapshot(v, c.Name, false, nil))
	case "nic":
		return v.replaceCard(machine, c)
	default:
		return v.reconfigure(machine, c)
	}
}

// addMachine makes one like the others, on the host and the port group that are named, and powers it on.
func (v *vcenter) addMachine(c command) error {
	host, err := v.finder.HostSystem(v, "*/"+c.Host)
	if err != nil {
		return err
	}
	pool, err := host.ResourcePool(v)
	if err != nil {
		return err
	}
	network, err := v.backing(c.Network)
	if err != nil {
		return err
	}
	spec, err := machine(c.Name, network)
	if err != nil {
		return err
	}
	if err := v.wait(v.folders.VmFolder.CreateVM(v, spec, pool, host)); err != nil {
		return err
	}
	made, err := v.machine(c.Name)
	if err != nil {
		return err
	}
	return v.wait(made.PowerOn(v))
}

// replaceCard gives the first network card another type, or another network, or adds one where there is none.
func (v *vcenter) replaceCard(machine *object.VirtualMachine, c command) error {
	devices, err := machine.Device(v)
	if err != nil {
		return err
	}
	cards := devices.SelectByType((*types.VirtualEthernetCard)(nil))
	kind, backing := c.Type, types.BaseVirtualDeviceBackingInfo(nil)
	if c.Network != "" {
		if backing, err = v.backing(c.Network); err != nil {
			return err
		}
	}
	if len(cards) > 0 {
		old := cards[0].GetVirtualDevice()
		if backing == nil {
			backing = old.Backing
		}
		if kind == "" {
			kind = devices.Type(cards[0])
		}
		if !c.On {
			if err := machine.RemoveDevice(v, false, cards[0]); err != nil {
				return err
			}
		}
	}
	card, err := devices.CreateEthernetCard(kind, backing)
	if err != nil {
		return err
	}
	return machine.AddDevice(v, card)
}

// reconfigure changes what is named: vCPUs, reservation and limit of CPU time, latency sensitivity, hardware version.
func (v *vcenter) reconfigure(machine *object.VirtualMachine, c command) error {
	spec := types.VirtualMachineConfigSpec{NumCPUs: c.Vcpus, Version: c.Version}
	if c.ResMHz != nil || c.LimMHz != nil {
		spec.CpuAllocation = &types.ResourceAllocationInfo{
			Reservation: c.ResMHz, Limit: c.LimMHz,
			Shares: &types.SharesInfo{Shares: 2000, Level: types.SharesLevelNormal},
		}
	}
	if c.Latency != "" {
		spec.LatencySensitivity = &types.LatencySensitivity{Level: types.LatencySensitivitySensitivityLevel(c.Latency)}
	}
	return v.wait(machine.Reconfigure(v, spec))
}

// postEvent posts what vCenter does and the simulator does not: an event of any type about a machine.
func (v *vcenter) postEvent(c command) error {
	machine, err := v.machine(c.Vm)
	if err != nil {
		return err
	}
	kind, ok := types.TypeFunc()(c.Type)
	if !ok {
		return fmt.Errorf("no event is called %q", c.Type)
	}
	event, ok := reflect.New(kind).Interface().(types.BaseEvent)
	if !ok {
		return fmt.Errorf("%s is no event", c.Type)
	}
	ref := machine.Reference()
	event.GetEvent().Vm = &types.VmEventArgument{EntityEventArgument: types.EntityEventArgument{Name: c.Vm}, Vm: ref}
	if task, ok := event.(*types.TaskEvent); ok {
		task.Info = types.TaskInfo{DescriptionId: c.Name, Entity: &ref, EntityName: c.Vm, State: types.TaskInfoStateSuccess}
	}
	return v.post(event)
}
