#!/usr/bin/env python3
"""Draws one picture for each kind of product of the sample catalogue, as SVG.

    bench/sample/pictures.py [FOLDER]      writes FOLDER/KIND.svg (default: pictures beside this script)

A picture is a tile in the tint of its department with a flat drawing of few shapes. Shapes are functions that return one SVG
element; a drawing is a list of them. Nothing is random: the same script writes the same bytes.
"""
import os
import sys

INK, WHITE, PAPER, STEEL, WOOD, LEAF = "#2b3445", "#ffffff", "#fbf7ee", "#b9c3cf", "#c08a57", "#4e9a63"
RED, BLUE, GOLD, TEAL, PLUM, SAND, ROSE = "#d9534a", "#3f74c8", "#e6b04a", "#2f9c95", "#7a5aa6", "#e3cfa8", "#e58aa0"
DARK, GREY, COCOA, SKY = "#3b4558", "#8a95a5", "#6b4430", "#9cc7ea"

TINTS = {
    "food": "#fbeed7", "clothes": "#e8eaf6", "shoes": "#e4f0f2", "tech": "#e3ebf5", "kitchen": "#fbe9e1", "home": "#f0ebe2",
    "tools": "#f5efd9", "garden": "#e4f2e2", "beauty": "#fae6ee", "baby": "#e6f4f7", "sport": "#e2f1ec", "paper": "#eeeaf6",
    "pets": "#f4ecdd", "bags": "#efe6e1",
}


def n(value):
    return f"{value:g}"


def rect(x, y, w, h, fill, r=0):
    corner = f' rx="{n(r)}"' if r else ""
    return f'<rect x="{n(x)}" y="{n(y)}" width="{n(w)}" height="{n(h)}"{corner} fill="{fill}"/>'


def disc(x, y, r, fill):
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(r)}" fill="{fill}"/>'


def oval(x, y, a, b, fill):
    return f'<ellipse cx="{n(x)}" cy="{n(y)}" rx="{n(a)}" ry="{n(b)}" fill="{fill}"/>'


def area(d, fill):
    return f'<path d="{d}" fill="{fill}"/>'


def line(d, colour=INK, width=4):
    return f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{n(width)}" stroke-linecap="round" stroke-linejoin="round"/>'


def ring(x, y, r, colour, width):
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(r)}" fill="none" stroke="{colour}" stroke-width="{n(width)}"/>'


def turn(angle, shapes):
    return f'<g transform="rotate({n(angle)} 60 60)">{"".join(shapes)}</g>'


# ---- bodies that several kinds share ----

def bottle(body, cap, label, mark):
    return [area("M50 22h20v16c0 6 10 8 10 18v38q0 6-6 6H46q-6 0-6-6V56c0-10 10-12 10-18z", body), rect(49, 14, 22, 11, cap, 3),
            rect(40, 60, 40, 26, label), mark]


def jar(body, lid, label, mark):
    return [rect(34, 32, 52, 68, body, 10), rect(36, 20, 48, 16, lid, 4), rect(34, 52, 52, 28, label), mark]


def sack(body, band, mark):
    return [area("M36 30q24-8 48 0l4 62q0 8-8 8H40q-8 0-8-8z", body), area("M36 30l4-12q20 6 40 0l4 12q-24 8-48 0z", band),
            disc(60, 66, 19, PAPER), mark]


def packet(body, band, mark):
    return [rect(32, 18, 56, 84, body, 4), rect(32, 18, 56, 14, band, 4), disc(60, 66, 20, PAPER), mark]


def tube(body, cap, mark):
    return [area("M38 18h44l-5 66H43z", body), rect(36, 14, 48, 7, body, 2), rect(45, 84, 30, 18, cap, 4), mark]


def book(cover, spine, mark):
    return [rect(30, 18, 62, 84, cover, 4), rect(30, 18, 10, 84, spine, 4), rect(40, 94, 50, 5, PAPER), mark]


def coat(body, shade, trim):
    return [area("M46 22h28l22 14 8 46-14 4-6-24v40H36V62l-6 24-14-4 8-46z", body), area("M46 22h28l-14 16z", shade),
            line("M60 38v62", trim, 3)]


def boot(body, sole, trim):
    return [area("M38 20h28v40l30 14q8 4 8 14H38z", body), rect(34, 86, 72, 11, sole, 4), rect(36, 20, 32, 9, trim, 3)]


def paw(colour):
    return "".join([oval(60, 71, 9, 7, colour), disc(50, 61, 4, colour), disc(57, 56, 4, colour), disc(64, 56, 4, colour),
                    disc(71, 61, 4, colour)])


def leaf(x, y, colour=LEAF):
    return area(f"M{n(x)} {n(y)}q-14-4-12-20 16 2 12 20z", colour) + area(f"M{n(x)} {n(y)}q14-2 14-16-14 0-14 16z", colour)


def plate(rim, mark):
    return [oval(60, 86, 44, 12, "#d9d0c2"), area("M18 64h84q-4 34-42 34T18 64z", rim), oval(60, 64, 42, 11, PAPER), mark]


def pan_body(y, colour):
    return [oval(50, y, 36, 12, DARK), area(f"M14 {y}h72q-4 24-20 24H34q-16 0-20-24z", colour), rect(84, y - 3, 30, 8, INK, 4)]


def screen(frame, face):
    return [rect(16, 24, 88, 58, frame, 5), rect(21, 29, 78, 48, face, 2)]


def bow(x, y, colour=RED):
    return area(f"M{x} {y}q-16-14-16-2t16 2q16-14 16-2t-16 2z", colour)


def wheel(x, y, r, colour=INK):
    return ring(x, y, r, colour, 4) + disc(x, y, 3, colour)


def glasses_row(colour):
    return "".join(area(f"M{x} 42h22q-2 16-6 20 6 6 4 22h-18q-2-16 4-22-4-4-6-20z", c) for x, c in ((22, colour), (49, GOLD), (76, colour)))


# ---- kind: (department, shapes) ----

DRAWINGS = {
    # food
    "olive_oil": ("food", bottle("#7d8f3a", GOLD, PAPER, oval(60, 73, 7, 9, "#7d8f3a"))),
    "olives": ("food", jar("#e9efc9", LEAF, PAPER, "".join(oval(x, y, 6, 8, "#6f8432") for x, y in ((48, 92), (60, 90), (72, 92), (54, 66), (66, 66))))),
    "coffee": ("food", packet(COCOA, INK, oval(60, 66, 9, 13, COCOA) + line("M60 55q-6 6 0 11t0 11", PAPER, 2.5))),
    "green_tea": ("food", [rect(34, 30, 52, 70, "#5f9a5d", 6), rect(32, 20, 56, 14, "#3f7347", 4), rect(34, 52, 52, 30, PAPER), leaf(60, 78)]),
    "basmati": ("food", sack("#d7b878", "#a9803f", "".join(oval(x, y, 3, 7, "#cdb98b") for x, y in ((52, 62), (60, 70), (68, 62), (60, 57))))),
    "rice": ("food", sack("#9fb7c9", "#5f7f9a", "".join(oval(x, y, 4, 6, "#cfc7b4") for x, y in ((52, 64), (60, 71), (68, 64), (60, 58))))),
    "buckwheat": ("food", sack("#b98d6a", "#7d5a40", "".join(area(f"M{x} {y}l5 9h-10z", COCOA) for x, y in ((52, 58), (62, 54), (68, 66), (56, 70))))),
    "honey": ("food", jar(GOLD, "#b9772b", PAPER, area("M60 56l9 5v10l-9 5-9-5V61z", GOLD))),
    "jam": ("food", jar("#b8384e", WHITE, PAPER, disc(55, 66, 7, RED) + disc(66, 67, 7, "#b8384e") + line("M55 60q4-8 10-6l1 6", LEAF, 2))),
    "dates": ("food", plate(GOLD, "".join(oval(x, y, 12, 7, c) for x, y, c in ((44, 60, COCOA), (64, 56, "#8a5a35"), (78, 63, COCOA), (58, 65, "#8a5a35"))))),
    "pistachio": ("food", plate("#6b9a8d", "".join(oval(x, y, 10, 7, SAND) + oval(x, y, 5, 4, "#8fb44d") for x, y in ((42, 61), (60, 57), (78, 61), (60, 67))))),
    "hazelnut": ("food", plate("#8d6e9a", "".join(disc(x, y, 8, "#a8693a") + oval(x, y - 5, 5, 2.5, SAND) for x, y in ((42, 61), (58, 57), (75, 60), (60, 67))))),
    "pasta": ("food", [rect(40, 16, 40, 88, "#3f74c8", 4), rect(46, 26, 28, 50, PAPER, 3), line("M51 30v42M56 30v42M61 30v42M66 30v42M70 30v42", GOLD, 2.5), rect(44, 84, 32, 8, RED, 2)]),
    "saffron": ("food", [rect(42, 46, 36, 54, "#f6d9c8", 6), rect(40, 32, 40, 16, GOLD, 4), line("M50 90q6-16 2-34M58 92q4-18 4-36M68 90q-2-18 2-32", "#c8372d", 3)]),
    "spices": ("food", plate("#b9772b", area("M26 64q10-22 22 0z", RED) + area("M46 64q12-28 26 0z", GOLD) + area("M70 64q11-20 24 0z", LEAF))),
    "seaweed": ("food", packet("#2f5d4c", INK, rect(48, 54, 24, 24, "#2f5d4c", 2) + line("M52 60h16M52 66h16M52 72h16", "#4e8a70", 1.5))),
    "chocolate": ("food", [rect(34, 18, 52, 84, COCOA, 4), line("M60 22v40M36 40h48", "#8a5a43", 3), rect(30, 60, 60, 46, PLUM, 4), rect(38, 76, 44, 12, GOLD, 2)]),
    # clothes
    "winter_jacket": ("clothes", coat(BLUE, "#2c5496", WHITE) + [line("M38 58h44M37 76h46", "#2c5496", 2), oval(60, 22, 18, 7, SAND)]),
    "rain_jacket": ("clothes", coat("#f0bf3c", "#c9962a", "#c9962a") + [area("M44 24q16-16 32 0l-16 14z", "#d8a62f"), area("M92 92q5 8 0 10-5-2 0-10z", BLUE)]),
    "dress": ("clothes", [area("M48 18l4 0 8 8 8-8h4l4 26-6 8 18 48q-28 8-56 0l18-48-6-8z", ROSE), rect(48, 50, 24, 5, "#b9506c"), "".join(disc(x, y, 3, WHITE) for x, y in ((52, 70), (66, 78), (56, 90), (74, 92), (60, 38)))]),
    "jeans": ("clothes", [area("M38 16h44l6 88H66l-6-56-6 56H32z", "#41659c"), rect(38, 16, 44, 9, "#2f4a75"), line("M60 25v22M42 30q2 8 10 6M78 30q-2 8-10 6", GOLD, 1.8)]),
    "kurta": ("clothes", [area("M46 18h28l24 16 4 40-12 2-4-22 2 50H32l2-50-4 22-12-2 4-40z", "#e9e2cf"), line("M60 22v34", TEAL, 4), line("M48 18q12 12 24 0M34 100h52", TEAL, 3)]),
    "saree": ("clothes", [area("M50 20q10 6 20 0l10 18-6 16 14 48H32l12-48-6-16z", "#b4264f"), area("M74 24L36 74l-4 28h14l36-66z", "#d94a6a"), line("M36 76L74 26M34 98h54", GOLD, 4)]),
    "abaya": ("clothes", [area("M50 16h20l26 34-10 10-6-8 8 52H32l8-52-6 8-10-10z", "#22242e"), line("M60 20v84", "#4a4d5e", 2), line("M26 50l8 8M94 50l-8 8", GOLD, 3)]),
    "silk_scarf": ("clothes", [area("M22 30l76-6 4 68-78 8z", TEAL), area("M32 40l56-5 3 47-57 6z", "#f2d9b0"), disc(60, 62, 14, RED), disc(60, 62, 6, GOLD)]),
    "scarf": ("clothes", [area("M30 34q30 20 60 0l4 14q-34 22-68 0z", RED), area("M62 50l22-6 6 48-20 2z", "#b63c35"), line("M72 94v10M80 94v10M87 92v10", RED, 3), line("M69 62l18-3M71 76l18-3", WHITE, 3)]),
    "gloves": ("clothes", [turn(-10, [area("M36 100V56l-6-22q4-6 8 0l4 14V26q4-6 8 0v20-24q5-6 9 0v26-20q4-6 8 0v28l6-8q7-2 6 6l-10 22v24z", "#7c4a2d"), rect(34, 92, 37, 12, "#56311c", 3)])]),
    "socks": ("clothes", [area("M40 16h22v48l22 16q8 14-8 18-10 0-36-22z", TEAL), rect(38, 14, 26, 12, "#1f6f6a", 3), line("M40 38h22M40 48h22", WHITE, 4)]),
    # shoes
    "sneakers": ("shoes", [area("M14 46q10 8 22-4l40 26 26 6q8 4 6 12H14z", RED), rect(12, 82, 96, 12, WHITE, 5), line("M44 52l10-8M54 59l10-8M64 66l10-8", WHITE, 4)]),
    "hiking": ("shoes", boot("#8a5a35", INK, "#5d3b22") + [line("M56 36h12M56 46h12M58 56h12", GOLD, 3)]),
    "sandals": ("shoes", [area("M14 78q20-8 46-4 30 4 46-4 4 20-12 20H26q-14 0-12-12z", WOOD), line("M30 76q6-30 26-2M64 76q14-34 30-4M44 54q20-10 36 0", COCOA, 7)]),
    "felt_boots": ("shoes", boot("#8f98a6", DARK, "#c7ced8") + [line("M46 44l8 8M54 44l-8 8M50 42v12", WHITE, 2.5)]),
    # tech
    "headphones": ("tech", [line("M28 70V58a32 32 0 0164 0v12", DARK, 8), rect(18, 62, 20, 34, BLUE, 9), rect(82, 62, 20, 34, BLUE, 9)]),
    "earbuds": ("tech", [rect(30, 58, 60, 42, WHITE, 18), line("M30 76h60", STEEL, 3), rect(40, 24, 13, 28, DARK, 6), disc(48, 28, 10, DARK), rect(68, 24, 13, 28, DARK, 6), disc(72, 28, 10, DARK)]),
    "speaker": ("tech", [rect(34, 16, 52, 88, DARK, 16), disc(60, 72, 19, GREY), disc(60, 72, 9, INK), disc(60, 36, 9, GREY), line("M96 50q8 12 0 24M104 42q14 20 0 40", BLUE, 4)]),
    "smartwatch": ("tech", [rect(44, 12, 32, 96, DARK, 8), rect(34, 34, 52, 52, INK, 12), rect(39, 39, 42, 42, "#1e6f8f", 8), line("M44 62h8l4-10 7 18 4-8h9", WHITE, 3)]),
    "watch": ("bags", [rect(46, 10, 28, 100, "#7c4a2d", 8), disc(60, 60, 31, GOLD), disc(60, 60, 25, WHITE), line("M60 60V44M60 60l11 7", INK, 4)]),
    "robot_vac": ("tech", [disc(60, 62, 42, DARK), disc(60, 62, 35, "#56627a"), disc(60, 52, 12, INK), disc(60, 52, 5, TEAL), line("M34 80q26 20 52 0", STEEL, 4)]),
    "vacuum_cleaner": ("tech", [line("M84 14L46 88", STEEL, 7), rect(56, 34, 26, 40, RED, 10), disc(69, 54, 8, WHITE), area("M22 88h48l6 14H18z", DARK), line("M80 12l12 6", DARK, 8)]),
    "charger": ("tech", [rect(32, 40, 48, 58, WHITE, 10), rect(42, 20, 7, 22, STEEL, 2), rect(64, 20, 7, 22, STEEL, 2), area("M60 50L46 72h10l-3 18 15-24H58z", GOLD), line("M80 84q16 0 16 22", DARK, 5)]),
    "powerbank": ("tech", [rect(34, 14, 52, 92, DARK, 10), rect(48, 14, 10, 4, STEEL), area("M64 34L48 62h11l-4 22 18-30H61z", GOLD), "".join(disc(x, 96, 2.5, "#6fd08c") for x in (50, 57, 64, 71))]),
    "cable": ("tech", [line("M30 34v22a15 15 0 0030 0v-4a15 15 0 0130 0v26", BLUE, 6), rect(22, 14, 16, 22, DARK, 4), rect(26, 8, 8, 8, STEEL, 2), rect(82, 78, 16, 22, DARK, 4), rect(86, 98, 8, 8, STEEL, 2)]),
    "phone_case": ("tech", [rect(34, 12, 52, 96, SKY, 12), rect(39, 17, 42, 86, "#dcebf7", 9), rect(42, 21, 18, 22, "#7fa7c9", 6), disc(51, 28, 4, INK), disc(51, 37, 4, INK)]),
    "gaming_mouse": ("tech", [rect(36, 16, 48, 86, INK, 24), line("M60 18v28", GREY, 3), rect(56, 28, 8, 16, "#6fe0c8", 4), line("M42 80q18 16 36 0", "#e05bd0", 4), line("M42 62v10M78 62v10", "#5b8de0", 4)]),
    "keyboard": ("tech", [rect(10, 40, 100, 46, DARK, 6)] + [rect(16 + 15 * i, 46 + 11 * j, 12, 8, WHITE, 2) for j in range(2) for i in range(6)] + [rect(16, 68, 12, 8, RED, 2), rect(31, 68, 57, 8, WHITE, 2), rect(91, 68, 12, 8, WHITE, 2)]),
    "monitor": ("tech", screen(INK, SKY) + [area("M21 77l26-28 18 18 12-10 22 20z", "#5b93c7"), disc(82, 42, 6, GOLD), area("M52 82h16l4 16H48z", STEEL), rect(38, 96, 44, 6, GREY, 3)]),
    "tablet": ("tech", [rect(26, 12, 68, 96, INK, 8), rect(31, 20, 58, 80, SKY, 3)] + [rect(x, y, 14, 14, c, 4) for x, y, c in ((38, 28, RED), (58, 28, GOLD), (38, 48, TEAL), (58, 48, WHITE))] + [rect(38, 72, 44, 8, WHITE, 3)]),
    "usb_stick": ("tech", [turn(35, [rect(42, 44, 36, 60, BLUE, 7), rect(47, 20, 26, 26, STEEL, 2), rect(52, 27, 5, 6, DARK), rect(63, 27, 5, 6, DARK), disc(60, 92, 4, WHITE)])]),
    "router": ("tech", [rect(18, 66, 84, 28, INK, 8), line("M30 66V28M90 66V28M60 66V40", DARK, 6), "".join(disc(x, 80, 3, c) for x, c in ((34, "#6fd08c"), (46, "#6fd08c"), (58, GOLD))), line("M48 22q12-10 24 0M53 30q7-6 14 0", BLUE, 3)]),
    "smart_bulb": ("tech", [disc(60, 48, 30, GOLD), area("M44 68h32l-6 16H50z", GOLD), rect(48, 82, 24, 18, STEEL, 4), line("M48 91h24", GREY, 3), line("M50 44q10-10 20 0M55 52q5-5 10 0", WHITE, 4)]),
    "power_strip": ("tech", [rect(12, 44, 86, 34, WHITE, 10), "".join(disc(x, 61, 10, "#dfe4ea") + disc(x - 3, 61, 1.8, INK) + disc(x + 3, 61, 1.8, INK) for x in (28, 52, 76)), rect(88, 54, 6, 14, RED, 2), line("M98 61q12 0 10 30", DARK, 5)]),
    # kitchen
    "pan": ("kitchen", pan_body(54, "#4a5568")),
    "knife": ("kitchen", [turn(-40, [area("M8 52h66v16H34Q14 66 8 52z", "#cfd7e0"), rect(74, 52, 38, 14, COCOA, 5), disc(84, 59, 2, SAND), disc(98, 59, 2, SAND)])]),
    "kettle": ("kitchen", [area("M38 38h44l8 58H30z", STEEL), rect(40, 28, 40, 12, DARK, 5), line("M84 44q22 4 14 42", DARK, 7), area("M38 48L22 40l4-6 14 8z", STEEL), rect(28, 94, 64, 9, DARK, 4), rect(56, 56, 8, 26, SKY, 4)]),
    "coffee_machine": ("kitchen", [rect(26, 18, 68, 84, DARK, 8), rect(36, 46, 48, 46, "#1f2733", 4), rect(50, 46, 20, 8, STEEL, 2), area("M48 70h24l-4 18H52z", WHITE), line("M60 56v12", COCOA, 3), disc(42, 32, 5, RED), rect(54, 28, 30, 8, GREY, 3)]),
    "thermos": ("kitchen", [rect(42, 38, 36, 66, BLUE, 8), rect(46, 16, 28, 22, STEEL, 5), rect(42, 52, 36, 6, WHITE), line("M92 30q-6 8 0 14t0 14", GREY, 3)]),
    "moka": ("kitchen", [area("M40 62h40l6 38H34z", "#8d99a8"), area("M44 60h32l6-32H38z", STEEL), area("M40 28h40l-20-12z", DARK), line("M82 32q16 2 10 28", INK, 6), rect(40, 58, 40, 6, DARK, 2), area("M38 34l-10-6 12-2z", STEEL)]),
    "grater": ("kitchen", [area("M42 30h36l10 72H32z", STEEL), line("M48 30q12-24 24 0", DARK, 6)] + [oval(46 + 10 * i, 48 + 16 * j, 3, 2, DARK) for j in range(3) for i in range(3)] + [rect(30, 98, 60, 6, GREY, 2)]),
    "pressure_cooker": ("kitchen", [rect(24, 48, 72, 50, STEEL, 8), rect(20, 40, 80, 12, GREY, 5), rect(54, 26, 12, 16, DARK, 3), rect(8, 54, 18, 8, INK, 4), rect(94, 54, 20, 8, INK, 4), line("M56 20q-4-6 2-10M66 20q-4-6 2-10", GREY, 3)]),
    "tea_glasses": ("kitchen", [glasses_row("#b5562e"), "".join(oval(x, 88, 16, 4, WHITE) for x in (34, 61, 88))]),
    "spice_box": ("kitchen", [disc(60, 60, 46, STEEL), disc(60, 60, 40, "#dfe5ec")] + [disc(60 + x, 60 + y, 12, c) for x, y, c in ((0, 0, GOLD), (0, -26, RED), (23, -13, "#8f9b3a"), (23, 13, COCOA), (0, 26, "#d98a2b"), (-23, 13, PAPER), (-23, -13, "#a33"))]),
    "rice_cooker": ("kitchen", [rect(22, 46, 76, 52, WHITE, 18), area("M22 52q4-28 38-28t38 28z", STEEL), rect(52, 18, 16, 8, DARK, 4), rect(46, 66, 28, 18, DARK, 4), disc(60, 75, 4, "#6fd08c"), rect(30, 96, 60, 6, GREY, 3)]),
    "bento": ("kitchen", [rect(14, 30, 92, 64, "#c8372d", 10), rect(20, 36, 48, 52, PAPER, 5), rect(72, 36, 28, 24, "#8fb44d", 4), rect(72, 64, 28, 24, GOLD, 4), disc(44, 62, 6, RED), disc(80, 48, 4, LEAF), disc(90, 50, 4, LEAF)]),
    "kimchi_box": ("kitchen", [rect(22, 44, 76, 54, "#f7d9d0", 8), rect(18, 32, 84, 14, TEAL, 5), area("M32 88q6-24 20-12 10-16 22 0 12-8 14 12z", "#d9553d"), rect(50, 38, 20, 12, "#1f6f6a", 3)]),
    "mortar": ("kitchen", [area("M22 52h76q-2 34-24 40v10H46V92Q24 86 22 52z", "#8d8f98"), oval(60, 52, 38, 8, "#5f626d"), line("M64 54L88 14", WOOD, 9)]),
    "toaster": ("kitchen", [rect(18, 44, 84, 52, RED, 14), rect(34, 22, 22, 26, GOLD, 6), rect(64, 22, 22, 26, GOLD, 6), rect(28, 44, 64, 6, INK, 3), disc(82, 76, 6, WHITE), rect(28, 94, 64, 6, DARK, 3)]),
    "blender": ("kitchen", [area("M40 20h44l-8 50H48z", "#cfe6ea"), area("M44 44h37l-4 26H48z", ROSE), rect(38, 12, 48, 9, DARK, 4), area("M44 70h36l6 32H38z", DARK), disc(62, 86, 7, STEEL), line("M84 28q14 10-4 28", STEEL, 5)]),
    # home
    "office_chair": ("home", [rect(38, 14, 44, 44, DARK, 12), rect(34, 62, 52, 13, BLUE, 6), rect(57, 74, 6, 18, GREY), line("M60 90l-24 10M60 90l24 10M60 90v12", GREY, 5), line("M30 54v12M90 54v12", DARK, 5)]),
    "bookshelf": ("home", [rect(26, 14, 68, 92, WOOD, 3), rect(32, 20, 56, 24, "#7d5632"), rect(32, 50, 56, 22, "#7d5632"), rect(32, 78, 56, 22, "#7d5632")] + [rect(x, y, 6, h, c) for x, y, h, c in ((35, 26, 18, RED), (42, 24, 20, TEAL), (49, 28, 16, GOLD), (70, 55, 17, BLUE), (77, 53, 19, PAPER), (36, 83, 17, PLUM), (43, 85, 15, ROSE))]),
    "sofa": ("home", [rect(20, 36, 80, 38, TEAL, 12), rect(10, 52, 20, 38, "#247a75", 9), rect(90, 52, 20, 38, "#247a75", 9), rect(28, 62, 32, 22, "#3fb3ab", 5), rect(60, 62, 32, 22, "#3fb3ab", 5), line("M24 90v8M96 90v8", COCOA, 5)]),
    "desk_lamp": ("home", [line("M50 98V70L78 42", DARK, 5), turn(0, [area("M52 34l24-18 22 26-12 8z", GOLD)]), area("M62 52l26-6 18 30q-16 6-30 0z", "#fff3c4"), rect(30, 96, 44, 8, DARK, 4)]),
    "bed_linen": ("home", [rect(14, 42, 92, 52, "#8fb0d9", 6), rect(22, 30, 34, 22, WHITE, 8), rect(64, 30, 34, 22, WHITE, 8), area("M14 62h92v32H14z", "#5f86bd"), line("M14 62h92", WHITE, 5), line("M22 94v8M98 94v8", WOOD, 6)]),
    "towel": ("home", [rect(14, 20, 92, 6, STEEL, 3), rect(30, 22, 60, 78, "#6bbcc0", 3), rect(30, 76, 60, 6, WHITE), rect(30, 86, 60, 3, WHITE), line("M44 100v4M60 100v4M76 100v4", "#6bbcc0", 3)]),
    "rug": ("home", [rect(22, 14, 76, 92, "#a8323a", 2), rect(29, 21, 62, 78, "#27406b"), rect(34, 26, 52, 68, "#c8564a"), area("M60 32l20 28-20 28-20-28z", GOLD), area("M60 46l10 14-10 14-10-14z", "#27406b"), line("M26 10v4M38 10v4M50 10v4M62 10v4M74 10v4M86 10v4M94 10v4M26 106v4M38 106v4M50 106v4M62 106v4M74 106v4M86 106v4M94 106v4", SAND, 2)]),
    "pillow": ("home", [area("M18 38q42-12 84 0 10 22 0 46-42 12-84 0-10-24 0-46z", WHITE), line("M26 44q34-8 68 0M28 78q32 8 64 0", "#cfd6e2", 3)]),
    "blanket": ("home", [rect(20, 36, 80, 20, "#c46a4b", 9), rect(20, 54, 80, 20, "#d98a63", 9), rect(20, 72, 80, 20, "#c46a4b", 9), line("M78 38v54", PAPER, 4), line("M86 38v54", PAPER, 4)]),
    "candle": ("home", [rect(36, 46, 48, 54, "#efe3f0", 8), rect(36, 66, 48, 22, PLUM), line("M60 46V36", INK, 3), area("M60 12q12 14 0 24-12-10 0-24z", GOLD), area("M60 22q5 8 0 13-5-5 0-13z", RED)]),
    "wall_clock": ("home", [disc(60, 60, 46, WOOD), disc(60, 60, 39, WHITE), line("M60 26v6M60 88v6M26 60h6M88 60h6", INK, 4), line("M60 60V38M60 60l16 10", INK, 5), disc(60, 60, 4, RED)]),
    "vase": ("home", [area("M50 48h20q-2 10 10 18 8 20-6 36H46q-14-16-6-36 12-8 10-18z", BLUE), rect(46, 44, 28, 7, "#2c5496", 3), line("M56 44q-6-16-14-22M62 44V20M66 44q4-12 14-18", LEAF, 3), disc(41, 21, 7, RED), disc(62, 18, 7, GOLD), disc(81, 25, 7, ROSE), line("M42 80q18 10 36 0", WHITE, 4)]),
    # tools
    "drill": ("tools", [rect(30, 30, 58, 28, TEAL, 10), rect(88, 36, 12, 16, DARK, 3), line("M100 44h14", STEEL, 4), area("M38 56h22l6 34H42z", DARK), rect(34, 88, 40, 14, TEAL, 4), rect(60, 60, 8, 12, RED, 3)]),
    "screwdrivers": ("tools", ["".join(rect(x, 62, 16, 40, c, 6) + rect(x + 6, 22, 4, 42, STEEL) for x, c in ((22, RED), (52, GOLD), (82, BLUE))), rect(26, 16, 8, 8, STEEL), area("M56 24l4-10 4 10z", STEEL), rect(87, 16, 6, 8, STEEL)]),
    "paint": ("tools", [rect(30, 40, 60, 62, STEEL, 4), oval(60, 40, 30, 8, "#e8edf2"), oval(60, 40, 25, 6, TEAL), area("M66 42h20v26q-5 8-10 0v-8q-5 6-10 0z", TEAL), rect(30, 72, 60, 20, PAPER), line("M30 40q30-50 60 0", GREY, 3)]),
    "ladder": ("tools", [line("M44 14L26 104M70 14l18 90", "#c7923f", 6), line("M42 32h30M38 50h38M35 68h45M31 86h53", "#e0b565", 5), rect(40, 10, 34, 8, RED, 3)]),
    # garden
    "hose": ("garden", [ring(58, 58, 34, LEAF, 9), ring(58, 58, 22, "#3a7d4e", 9), line("M58 92h34q12 0 12-16", LEAF, 8), rect(97, 54, 14, 24, GOLD, 4)]),
    "pruner": ("garden", [line("M46 100Q40 78 60 56M78 100q6-22-18-44", RED, 9), area("M60 60Q44 40 52 14q18 14 14 42z", STEEL), area("M60 60q22-8 24-30-20 0-28 24z", GREY), disc(60, 58, 5, INK)]),
    "planter": ("garden", [area("M30 60h60l-8 42H38z", "#c86b42"), rect(24, 50, 72, 14, "#d98258", 3), leaf(60, 50), leaf(44, 50, "#6fb380"), leaf(78, 50, "#6fb380"), line("M60 50V34", LEAF, 3)]),
    "seeds": ("garden", [rect(32, 16, 56, 88, PAPER, 4), rect(32, 16, 56, 16, LEAF, 4), leaf(60, 68), line("M60 68v18", LEAF, 4), line("M42 86h36", COCOA, 5), "".join(oval(x, 96, 2.5, 4, COCOA) for x in (48, 60, 72))]),
    "garden_gift": ("garden", [rect(22, 52, 76, 48, WOOD, 4), rect(22, 66, 76, 4, "#9a6a3e"), rect(54, 52, 12, 48, RED), bow(60, 50), leaf(36, 50), line("M84 52V28", WOOD, 5), area("M77 28h14l-2-16h-10z", STEEL)]),
    "hammock": ("garden", [line("M16 20v84M104 20v84", WOOD, 7), area("M18 38q42 46 84 0-6 54-42 54T18 38z", RED), line("M26 52q34 40 68 0M32 66q28 26 56 0", GOLD, 4)]),
    "garden_chair": ("garden", [line("M36 16v88M36 60h46M82 60v44", WOOD, 6), line("M44 22v30M52 22v30M60 22v30", "#d9a873", 5), line("M36 18h32v40", WOOD, 6), line("M36 82h46", "#d9a873", 4)]),
    "barbecue": ("garden", [area("M18 54h84q-4 32-42 32T18 54z", INK), area("M20 50q4-28 40-28t40 28z", RED), rect(54, 14, 12, 8, DARK, 3), line("M42 84l-10 22M78 84l10 22M60 86v18", GREY, 5), rect(14, 49, 92, 6, STEEL, 3)]),
    # beauty
    "face_cream": ("beauty", [rect(26, 54, 68, 44, WHITE, 10), rect(24, 36, 72, 20, ROSE, 6), rect(26, 70, 68, 12, "#fbdbe4"), area("M54 36q-2-14 12-18-4 8 4 18z", WHITE)]),
    "sunscreen": ("beauty", tube("#f6b73c", WHITE, disc(60, 48, 11, WHITE) + line("M60 30v-4M60 66v4M42 48h-3M78 48h3M47 35l-2-2M73 35l2-2M47 61l-2 2M73 61l2 2", WHITE, 3))),
    "shampoo": ("beauty", [rect(38, 40, 44, 64, TEAL, 9), rect(52, 26, 16, 14, WHITE, 3), line("M60 26V18H44", WHITE, 6), rect(38, 58, 44, 28, WHITE), disc(54, 72, 7, SKY), disc(65, 76, 4, SKY), disc(64, 66, 3, SKY)]),
    "hair_oil": ("beauty", bottle("#d99a3c", INK, PAPER, area("M60 62q9 12 0 20-9-8 0-20z", "#d99a3c"))),
    "perfume": ("beauty", [rect(32, 48, 56, 52, "#f3c6d4", 8), rect(40, 62, 40, 32, "#e58aa0", 5), rect(50, 34, 20, 16, GOLD, 3), disc(60, 25, 10, GOLD), "".join(disc(x, y, 2, ROSE) for x, y in ((84, 28), (92, 22), (92, 34)))]),
    "hair_dryer": ("beauty", [disc(50, 46, 28, PLUM), rect(50, 30, 44, 32, PLUM, 5), rect(90, 28, 12, 36, DARK, 3), area("M42 70h20l4 34H48z", "#5c4182"), disc(46, 46, 13, "#5c4182"), line("M108 36h6M108 46h6M108 56h6", SKY, 3)]),
    "electric_toothbrush": ("beauty", [rect(48, 50, 24, 56, WHITE, 10), rect(56, 22, 8, 30, STEEL, 3), rect(46, 12, 20, 14, SKY, 5), rect(46, 8, 20, 6, BLUE, 2), disc(60, 68, 6, TEAL), rect(48, 92, 24, 6, TEAL)]),
    "toothpaste": ("beauty", tube(WHITE, BLUE, area("M41 52h38l-1.5 14H42.5z", RED) + area("M40 38h40l-.6 8H40.8z", TEAL))),
    "razor": ("beauty", [turn(35, [rect(54, 40, 12, 66, BLUE, 6), rect(36, 20, 48, 20, STEEL, 5), line("M40 26h40M40 32h40", DARK, 2), line("M60 54v34", WHITE, 3)])]),
    "lipstick": ("beauty", [area("M48 50V26l24-10v34z", RED), rect(46, 48, 28, 16, GOLD), rect(42, 62, 36, 42, INK, 4)]),
    "nail_polish": ("beauty", [rect(36, 58, 48, 44, RED, 12), rect(50, 14, 20, 46, INK, 5), area("M44 66q6-4 10 0v26q-6 4-10-4z", "#ee8a84")]),
    # baby and toys
    "newborn": ("baby", [area("M42 30q18 12 36 0l18 12-8 16-8-4v40q-20 14-40 0V54l-8 4-8-16z", SKY), bow(60, 30, ROSE), "".join(disc(x, y, 3, WHITE) for x, y in ((52, 56), (68, 56), (60, 70), (52, 84), (68, 84)))]),
    "stroller": ("baby", [area("M24 58h64q-2 24-24 24H46q-20 0-22-24z", TEAL), area("M56 58V22q32 2 32 36z", "#247a75"), line("M24 58L12 40H6", DARK, 5), wheel(40, 96, 9), wheel(78, 96, 9)]),
    "diapers": ("baby", [area("M18 34h84v22q-24 4-28 36H46q-4-32-28-36z", WHITE), rect(18, 34, 84, 10, SKY), rect(20, 46, 12, 8, GOLD, 3), rect(88, 46, 12, 8, GOLD, 3), area("M60 58q7-9 11 0-2 8-11 14-9-6-11-14 4-9 11 0z", ROSE)]),
    "blocks": ("baby", [rect(20, 64, 38, 38, RED, 4), rect(62, 64, 38, 38, BLUE, 4), rect(41, 24, 38, 38, GOLD, 4), area("M39 72l10 22H29z", WHITE), disc(81, 83, 10, WHITE), rect(51, 34, 18, 18, WHITE, 2)]),
    "baby_bottle": ("baby", [rect(40, 46, 40, 58, WHITE, 9), rect(40, 70, 40, 34, "#fbf3d9", 9), rect(38, 36, 44, 12, SKY, 4), area("M50 36q0-10 6-12 0-10 4-10t4 10q6 2 6 12z", SAND), line("M70 58h8M70 68h8M70 78h8M70 88h8", GREY, 2)]),
    "car_seat": ("baby", [area("M38 14h32q8 0 8 8l4 46h14v22H46q-10 0-11-10l-5-58q0-8 8-8z", DARK), area("M44 24h20l4 44h20v12H50z", RED), line("M48 30l8 38M62 30l2 38", INK, 4), rect(40, 92, 58, 9, GREY, 4)]),
    "board_game": ("baby", [rect(16, 16, 88, 88, LEAF, 5), rect(22, 22, 76, 76, PAPER, 3), line("M30 32h58v22H32v20h56v16", GOLD, 9), disc(32, 32, 6, RED), area("M64 54l6-12 6 12z", BLUE), rect(62, 78, 16, 16, WHITE, 3), disc(70, 86, 2.5, INK)]),
    "puzzle": ("baby", [rect(18, 18, 40, 40, RED, 3), rect(62, 18, 40, 40, GOLD, 3), rect(18, 62, 40, 40, TEAL, 3), rect(66, 66, 40, 40, BLUE, 3), disc(62, 38, 8, RED), disc(38, 62, 8, TEAL), disc(82, 56, 8, GOLD), disc(66, 86, 8, BLUE)]),
    # sport
    "tent": ("sport", [area("M60 20l48 78H12z", "#e07a3f"), area("M60 20l18 78H42z", "#b85a27"), area("M60 46l10 52H50z", INK), line("M60 20l-6-8M60 20l6-8M12 98l-6 4M108 98l6 4", DARK, 3)]),
    "sleeping_bag": ("sport", [area("M40 20q20-12 40 0 8 6 8 22l-8 54q-20 14-40 0l-8-54q0-16 8-22z", "#3a7d4e"), oval(60, 34, 18, 13, "#27583a"), oval(60, 34, 11, 8, "#f2d9b0"), line("M60 48v50", GOLD, 3), line("M36 62h48M38 80h44", "#27583a", 2)]),
    "yoga": ("sport", [area("M30 66h78v26H30z", PLUM), disc(30, 76, 18, "#5c4182"), disc(30, 76, 11, PLUM), disc(30, 76, 5, "#5c4182"), line("M60 44q-8-16 0-26M74 50q-4-14 4-20", LEAF, 4)]),
    "dumbbells": ("sport", [rect(38, 54, 44, 12, STEEL, 3), rect(26, 36, 14, 48, DARK, 5), rect(80, 36, 14, 48, DARK, 5), rect(14, 44, 12, 32, GREY, 5), rect(94, 44, 12, 32, GREY, 5)]),
    "backpack": ("sport", [rect(30, 28, 60, 76, "#d97a35", 18), line("M48 28q0-16 12-16t12 16", DARK, 6), rect(40, 62, 40, 32, "#b85f22", 8), rect(40, 40, 40, 8, DARK, 4), line("M60 66v10", GOLD, 4), rect(22, 56, 8, 34, DARK, 4), rect(90, 56, 8, 34, DARK, 4)]),
    "bike_helmet": ("sport", [area("M14 72q2-48 46-48t46 48q-46 10-92 0z", RED), line("M36 66q2-26 16-34M60 68V30M84 66q-2-26-16-34", INK, 6), line("M28 76q14 26 34 24 22-2 30-24", DARK, 4), rect(98, 58, 8, 10, GOLD, 3)]),
    "bicycle": ("sport", [wheel(32, 78, 21), wheel(88, 78, 21), line("M32 78l18-36h28l10 36M50 42l14 36h-32M64 78l14-36", TEAL, 5), line("M44 38h12M76 42l-2-10h10", DARK, 5)]),
    "football": ("sport", [disc(60, 60, 44, WHITE), area("M60 44l15 11-6 17H51l-6-17z", INK), area("M60 16l14 8-14 10-14-10zM18 50l10 4-2 18-8 4zM102 50l-10 4 2 18 8 4zM40 86l12 2 4 14-14-4zM80 86l-12 2-4 14 14-4z", INK), line("M60 44V34M75 55l17-1M69 72l-1 16M51 72l1 16M45 55l-17-1", INK, 2)]),
    # paper
    "notebook": ("paper", book(TEAL, "#1f6f6a", rect(52, 34, 30, 18, PAPER, 2) + line("M78 18v84", RED, 3))),
    "fountain_pen": ("paper", [turn(45, [rect(52, 8, 16, 60, "#22345c", 7), rect(52, 56, 16, 6, GOLD), area("M53 68h14l-7 32z", GOLD), line("M60 78v20", INK, 2), rect(66, 14, 4, 26, GOLD, 2)])]),
    "cookbook": ("paper", book("#c8564a", "#963a31", disc(65, 54, 18, PAPER) + leaf(65, 64) + rect(48, 80, 34, 6, PAPER, 2))),
    "picture_book": ("paper", book("#f2b84b", "#d0902a", disc(66, 50, 15, "#c9825b") + disc(55, 38, 6, "#c9825b") + disc(77, 38, 6, "#c9825b") + disc(61, 48, 2, INK) + disc(71, 48, 2, INK) + oval(66, 55, 4, 3, COCOA) + rect(48, 78, 36, 6, WHITE, 2))),
    # pets
    "dog_food": ("pets", sack("#4a7a9c", "#2f5673", paw(COCOA))),
    "puppy_food": ("pets", sack("#e08a4a", "#b5642a", paw("#b5642a"))),
    "cat_litter": ("pets", [area("M14 58h92l-8 40H22z", PLUM), area("M20 58q40-22 80 0z", SAND), line("M78 54l20-34", STEEL, 6), area("M62 50h24l-4 12H68z", STEEL), "".join(disc(x, y, 2, "#b89b67") for x, y in ((38, 53), (48, 50), (56, 54)))]),
    "scratcher": ("pets", [rect(22, 94, 76, 10, "#8d6e4a", 4), rect(50, 40, 20, 54, SAND), line("M50 50h20M50 60h20M50 70h20M50 80h20", "#b89b67", 3), rect(26, 28, 68, 13, TEAL, 6), line("M88 40v16", INK, 2), disc(88, 60, 5, RED)]),
    "fish_food": ("pets", [rect(38, 30, 44, 72, "#f08a3c", 8), rect(36, 18, 48, 16, INK, 4), oval(57, 66, 14, 9, WHITE), area("M68 66l12-9v18z", WHITE), disc(50, 64, 2, INK)]),
    "bird_seed": ("pets", sack("#8fae4f", "#5f7d2c", oval(58, 67, 11, 8, BLUE) + disc(66, 59, 6, BLUE) + area("M71 58l7 2-7 3z", GOLD) + disc(67, 58, 1.5, WHITE))),
    # bags and accessories
    "wallet": ("bags", [rect(16, 34, 88, 60, "#7c4a2d", 8), rect(16, 34, 88, 14, "#5d3520", 8), rect(74, 56, 34, 20, "#94603c", 6), disc(86, 66, 4, GOLD), rect(28, 26, 50, 12, "#8fc08f", 2)]),
    "handbag": ("bags", [area("M22 50h76l8 50H14z", "#b33f5b"), line("M40 50q0-32 20-32t20 32", "#7d2a3e", 6), rect(52, 58, 16, 12, GOLD, 3), line("M18 78h84", "#8f3049", 3)]),
    "suitcase": ("bags", [rect(30, 30, 60, 68, BLUE, 9), line("M48 30V12h24v18", DARK, 5), line("M44 36v56M60 36v56M76 36v56", "#2c5496", 4), disc(42, 103, 5, INK), disc(78, 103, 5, INK)]),
    "umbrella": ("bags", [area("M12 60q4-44 48-44t48 44q-8-8-16 0-8-8-16 0-8-8-16 0-8-8-16 0-8-8-16 0-8-8-16 0z", RED), line("M60 16v78q0 12-10 12t-10-10", INK, 5), line("M60 16q-16 14-16 42M60 16q16 14 16 42", "#a93a33", 2)]),
    "sunglasses": ("bags", [line("M14 48q10-6 20-4M106 48q-10-6-20-4M52 52q8-6 16 0", INK, 5), area("M18 48h38q0 32-19 32T18 48z", DARK), area("M64 48h38q0 32-19 32T64 48z", DARK), line("M28 54l-4 12M74 54l-4 12", GREY, 4)]),
    "ring": ("bags", [ring(60, 72, 28, GOLD, 8), area("M46 36l8-14h12l8 14-14 16z", SKY), line("M46 36h28M54 22l6 30 6-30", WHITE, 2)]),
    "necklace": ("bags", [line("M24 18q4 56 36 60 32-4 36-60", GOLD, 4), area("M60 76l12 12-12 18-12-18z", TEAL), "".join(disc(x, y, 4, WHITE) for x, y in ((30, 44), (41, 63), (79, 63), (90, 44)))]),
}


def picture(kind):
    tint, shapes = DRAWINGS[kind]
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120">' + rect(0, 0, 120, 120, TINTS[tint]) + "".join(shapes)
            + "</svg>\n")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "pictures")
    os.makedirs(folder, exist_ok=True)
    for kind in sorted(DRAWINGS):
        with open(os.path.join(folder, kind + ".svg"), "w", encoding="utf-8") as out:
            out.write(picture(kind))
    print(f"{len(DRAWINGS)} pictures in {folder}")


if __name__ == "__main__":
    main()
