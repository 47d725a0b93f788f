"""Who lives in the demo. Numbers are of the simulated phones: `+1999BAATTTT`, here all press 1 when they are rung."""

from dataclasses import dataclass, field

from operators.drawn_portraits import DrawnAs

PASSWORD = "demo-only"  # noqa: S105 (exists in the demo alone)


@dataclass(frozen=True, slots=True)
class DemoBrand:
    """A site of the demo."""

    slug: str
    name: str
    spoken_name: str
    theme: str
    tagline: str
    description: str
    hosts: tuple[str, ...]
    caller_id: str
    operator_caller_id: str
    statement_text: str  # of card payments
    app_name: str


@dataclass(frozen=True, slots=True)
class DemoOperator:
    """An operator of the demo; prices in cents."""

    stage_name: str
    headline: str
    bio: str
    languages: tuple[str, ...]
    specialties: tuple[str, ...]
    presence: str = "online"
    rate_minor: int = 399
    fee_minor: int = 99
    brands: tuple[str, ...] = ("flirts", "nycflirts")
    drawn_as: DrawnAs = DrawnAs.WOMAN
    portrait_seed: str = ""  # else the name


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A customer of the demo: cents left after the past calls, packages of free minutes."""

    email: str
    alias: str
    balance_minor: int
    free_minutes: tuple[int, ...] = ()
    calls: tuple[tuple[int, int, int], ...] = field(
        default=()
    )  # (days ago, index of the operator, seconds joined)


BRANDS = (
    DemoBrand(
        "flirts", "flirts.nyc", "flirts dot N Y C", "flirts", "Good company, by the minute.",
        "Talk or text with someone who has time for you. Prices by the minute, numbers kept private.",
        ("flirts.localhost", "flirts.nyc", "www.flirts.nyc"), "+12125550110", "+12125550120", "FNYC*SUPPORT", "After Six",
    ),
    DemoBrand(
        "nycflirts", "nycflirts.com", "N Y C flirts dot com", "nycflirts", "New York’s line for unhurried conversation.",
        "Operators with time and a good ear. You see the price before you call, and every cent after.",
        ("nycflirts.localhost", "nycflirts.com", "www.nycflirts.com"), "+12125550111", "+12125550121", "NYCF*SUPPORT", "Sunday",
    ),
)  # fmt: skip

OPERATORS = (
    DemoOperator("Sarah", "Late-night talks and dry humor", "I grew up above a jazz club and never learned to go to bed early. Tell me about your day, or about the one you wish you’d had.", ("English", "Spanish"), ("Conversation", "Humor")),
    DemoOperator("Mira", "Patient listener with a warm voice", "Former radio host. I like slow stories, good questions, and people who take their time.", ("English",), ("Listening", "Storytelling"), rate_minor=349),
    DemoOperator("Jonah", "Books, movies, and honest opinions", "I read too much, and I’ll tell you which ending was better. Quick wit, no hurry.", ("English", "French"), ("Books", "Movies"), rate_minor=299, fee_minor=49, drawn_as=DrawnAs.MAN),
    DemoOperator("Elena", "Company for the long evenings", "Painter by day. I notice details, even in what people don't say.", ("English", "Italian"), ("Art", "Conversation"), rate_minor=449, portrait_seed="elena-154"),
    DemoOperator("Theo", "Calm, curious, a little old-fashioned", "I believe in good manners and better questions. Let’s see where the conversation goes.", ("English", "German"), ("Listening", "Travel"), drawn_as=DrawnAs.MAN),
    DemoOperator("Ruby", "Bright company for gray days", "I laugh easily, and I remember what you told me last time.", ("English",), ("Humor", "Daydreams"), rate_minor=499, fee_minor=149, portrait_seed="ruby-80"),
    DemoOperator("Ines", "Travel stories from five continents", "I’ve missed trains in eleven languages. Ask me about any of them.", ("English", "Portuguese", "Spanish"), ("Travel", "Languages"), presence="away"),
    DemoOperator("Caleb", "A steady voice after midnight", "Night-shift person by nature. Good for when the city won't sleep either.", ("English",), ("Listening", "Night owls"), rate_minor=349, drawn_as=DrawnAs.MAN),
    DemoOperator("Noor", "Poetry, tea, and plain talk", "I’ll read you something if you like, and then we can talk about it.", ("English", "Arabic", "French"), ("Poetry", "Storytelling"), presence="offline", portrait_seed="noor-26"),
    DemoOperator("Dana", "Straight talk with a soft landing", "Tell it like it is. I’ve heard stranger, and I’m kind.", ("English",), ("Advice", "Conversation"), brands=("nycflirts",)),
    DemoOperator("August", "Music talk and easy silences", "Vinyl collector. I know when to speak and when to let the song finish.", ("English", "Swedish"), ("Music", "Listening"), brands=("flirts",), drawn_as=DrawnAs.MAN, portrait_seed="august-361"),
    DemoOperator("Vivian", "Elegant, playful, never in a rush", "Think of a corner table and a long menu. I’ll keep you good company.", ("English", "Mandarin"), ("Conversation", "Daydreams"), rate_minor=599, fee_minor=199, presence="away", portrait_seed="vivian-125"),
)  # fmt: skip

CUSTOMERS = (
    DemoCustomer(
        "customer@aeims.test", "Amber Heron 482", 4500, (10,), ((6, 1, 127), (3, 2, 312), (1, 0, 45))
    ),
    DemoCustomer("second@aeims.test", "Cedar Lynx 217", 2000, (), ((2, 1, 64),)),
    DemoCustomer("empty@aeims.test", "Ivory Wren 905", 0),
)

# Those who called and wrote in the month before (`past.py`).
REGULARS = (
    DemoCustomer("regular1@aeims.test", "Hazel Finch 311", 1500),
    DemoCustomer("regular2@aeims.test", "Slate Otter 640", 3000),
    DemoCustomer("regular3@aeims.test", "Juniper Hare 158", 1000),
    DemoCustomer("regular4@aeims.test", "Copper Thrush 774", 2500),
)

# How often an operator is chosen beside the others, in their order.
POPULARITY = (14, 4, 4, 2, 2, 2, 1, 2, 1, 2, 2, 1)

REVIEWS = (
    (5, "We talked about nothing for half an hour and I hung up in a better mood.", "Nothing is my favorite subject. Come back with more of it."),
    (5, "Kind, quick, and never in a hurry.", ""),
    (4, "A good conversation. The line was clear, and the price was what the page said.", "Thank you for calling."),
    (5, "Remembered what I said last time.", "I do listen."),
    (4, "Made a long night shorter.", ""),
    (5, "Honest advice, gently said.", "It was a good question."),
    (3, "Nice, but I’d have liked a little more talking and a little less listening.", "Fair. Next time I’ll start."),
    (5, "I laughed more than I’d planned to.", ""),
    (5, "", ""),
    (4, "", ""),
)  # fmt: skip

TALKS = (  # customer, then operator, in turn
    ("Are you on tonight after nine?", "Nine to one. I’ll keep the kettle on."),
    ("That movie you mentioned? I watched it.", "And? Tell me the ending didn't surprise you.", "It did. I want to complain.", "Complaints are taken by phone."),
    ("Thank you for yesterday.", "It was a pleasure. Sleep well."),
    ("Are you still free on Thursday?", "Thursday’s good. Any time after eight."),
    ("I found that record you told me about.", "Then you owe me one side of it."),
)  # fmt: skip

NOTES = ("Likes old movies. Dislikes being asked about work.", "Calls on Thursdays, after the late train.")


SIGN_UP_NUMBERS = 4000  # the last four digits of the first


def new_number(first: int, customer_id: int, phones: int) -> str:
    """A simulated phone for somebody who signs up in the demo: rings one second, presses 1, another one for each of their phones."""
    return f"+1999101{first + (customer_id * 5 + phones) % 6000}"


def operator_number(index: int) -> str:
    """Rings two seconds, presses 1, would hang up by itself after an hour and some seconds (which tell them apart)."""
    return f"+1999102{3600 + index}"


def customer_number(index: int) -> str:
    """The same for customers, after one second."""
    return f"+1999101{3700 + index}"
