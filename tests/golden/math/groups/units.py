"""Quantities: units that agree, are absent, convert, or conflict."""

from . import block

CASES = [
    *block("mass", r"8\text{ kg}", T=["8", "8 kg", r"8\,\text{kg}", r"8~\mathrm{kg}", r"8\text{ kilograms}", r"8000\text{ g}"], F=[r"8\text{ g}", r"80\text{ kg}", r"8\text{ m}", r"-8\text{ kg}", "8000"]),
    *block("a bare gold", "8", T=[r"8\text{ kg}", r"8\text{ apples}", "8 ways"], F=[r"9\text{ kg}", r"0.8\text{ kg}"]),
    *block("area", r"20\text{ m}^2", T=["20 square meters", r"20\text{ m}^{2}", r"20\,\mathrm{m^2}", "20"], F=[r"20\text{ m}", r"20\text{ m}^3", r"20\text{ cm}^2", r"20\pi\text{ m}^2"]),
    *block("angle", "75", T=[r"75^\circ", r"75^{\circ}", "75°", r"75\text{ degrees}", "75 degrees"], F=[r"57^\circ", r"7.5^\circ", r"105^\circ", r"75^2"]),
    *block("an angle as gold", r"60^\circ", T=["60", r"60^{\circ}", "60°", r"60\text{ degrees}", r"60\degree"], F=[r"30^\circ", r"120^\circ", r"6^\circ"]),
    *block("length", r"2.5\text{ m}", T=[r"2.5\text{ meters}", r"\frac{5}{2}\text{ m}", "2.5", r"250\text{ cm}"], F=[r"2.5\text{ cm}", r"25\text{ m}", r"2.5\text{ km}", "250", r"0.25\text{ m}"]),
    *block("speed", r"60\text{ mph}", T=["60", r"60\text{ mph}", r"60\text{ miles per hour}"], F=[r"6\text{ mph}", r"60\text{ m/s}", "90"]),
    *block("speed as a quotient", r"15\text{ m/s}", T=["15", r"15\,\text{m/s}", r"15\text{ meters per second}", r"15\ \mathrm{m/s}"], F=[r"51\text{ m/s}", r"15\text{ m}", r"15\text{ s}"]),
    *block("volume", r"36\pi\text{ cm}^3", T=[r"36\pi", r"36\pi\text{ cubic centimeters}", r"36\pi \text{ cm}^3"], F=[r"36\text{ cm}^3", r"36\pi\text{ cm}^2", r"63\pi\text{ cm}^3", r"18\pi"]),
    *block("currency", r"\$45", T=["45", r"\$45", r"\$45.00", "45 dollars", r"45\text{ dollars}"], F=[r"\$54", r"\$4.5", r"\$450", r"45\text{ kg}", "-45"]),
    *block("cents", r"45\text{ cents}", T=["45", "45 cents", r"45\text{ cents}"], F=[r"54\text{ cents}", r"\$45", "4.5"]),
    *block("time", r"30\text{ minutes}", T=["30", "30 minutes", r"30\text{ min}", r"\frac{1}{2}\text{ hour}"], F=[r"30\text{ hours}", r"30\text{ seconds}", "0.5", "3"]),
    *block("counted things", r"24\text{ ways}", T=["24", r"24\text{ ways}", "24 ways"], F=["42", "4", "240"]),
    *block("with pi and a unit", r"12\pi\text{ inches}", T=[r"12\pi", r"12\pi\text{ in}", r"12\pi \text{ inches}"], F=["12", r"21\pi\text{ inches}", r"12\pi^2", r"6\pi\text{ inches}"]),
    *block("temperature", r"-40^\circ\text{F}", T=["-40", r"-40^\circ \text{F}", r"-40^{\circ}\mathrm{F}"], F=["40", r"-4^\circ\text{F}", r"-40.5^\circ\text{F}"]),
]
