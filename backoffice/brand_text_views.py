"""What a brand's home page says: staff write it, look at it, publish it, and go back to an older version."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import get_script_prefix, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from brands.models import Brand, BrandText
from brands.selectors import published_text
from brands.services.texts import publish_text, save_text
from core.confirm import Confirmation, is_confirmed
from customers.models import User
from web.actions import run_service
from web.brand_text_preview import preview_query

QUESTIONS = 8
VERSIONS = 30


class BrandTextForm(forms.Form):
    """The texts, each plain: markup is shown as it is typed."""

    headline = forms.CharField(
        max_length=120, required=False, help_text="The large line at the top. Empty: the brand’s tagline."
    )
    promise = forms.CharField(
        max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Two sentences below it. Prices and free minutes are added from the settings; don’t repeat them here.",
    )  # fmt: skip
    contact = forms.CharField(
        label="Contact lines", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The company, its postal address, hours: one per line. The support address and phone are added automatically.",
    )  # fmt: skip

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        for number in range(1, QUESTIONS + 1):
            self.fields[f"question_{number}"] = forms.CharField(
                label=f"Question {number}", max_length=120, required=False
            )
            self.fields[f"answer_{number}"] = forms.CharField(
                label=f"Answer {number}",
                max_length=600,
                required=False,
                widget=forms.Textarea(attrs={"rows": 3}),
            )

    def clean(self) -> dict[str, object]:
        """A question has an answer, and an answer a question."""
        cleaned = super().clean() or {}
        for number in range(1, QUESTIONS + 1):
            question, answer = cleaned.get(f"question_{number}"), cleaned.get(f"answer_{number}")
            if question and not answer:
                self.add_error(f"answer_{number}", "Answer the question, or remove it.")
            if answer and not question:
                self.add_error(f"question_{number}", "Which question does this answer?")
        return cleaned

    @property
    def questions(self) -> list[list[str]]:
        """The pairs that were written, in their order. Of a valid form."""
        pairs = [
            [self.cleaned_data[f"question_{number}"], self.cleaned_data[f"answer_{number}"]]
            for number in range(1, QUESTIONS + 1)
        ]
        return [pair for pair in pairs if pair[0]]


def _initial(text: BrandText | None) -> dict[str, str]:
    if text is None:
        return {}
    pairs = {
        f"{name}_{number}": words
        for number, pair in enumerate(text.questions, 1)
        for name, words in zip(("question", "answer"), pair, strict=True)
    }
    return {"headline": text.headline, "promise": text.promise, "contact": text.contact} | pairs


@dataclass(frozen=True, slots=True)
class BrandRow:
    """A brand, and what its home page shows (None: our own words)."""

    brand: Brand
    shown: BrandText | None


@require_GET
@staff_page("brands.view_brandtext")
def brands(request: HttpRequest, staff: User) -> HttpResponse:
    """Each brand, and since when it shows what it shows."""
    rows = [BrandRow(brand, published_text(brand)) for brand in Brand.objects.all()]
    return render_staff_page(request, "backoffice/brand_texts.html", title="Home pages", rows=rows)


@require_http_methods(["GET", "POST"])
@staff_page("brands.view_brandtext")
def brand_text(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """The form with the newest version, or that of `?version=`, and the versions so far."""
    brand = get_object_or_404(Brand, pk=number)
    versions = BrandText.objects.filter(brand=brand).select_related("created_by").order_by("-id")
    chosen = request.GET.get("version", "")
    start = (
        versions.filter(pk=chosen).first() if chosen.isdecimal() and len(chosen) < 19 else versions.first()
    )
    may_write = staff.has_perm("brands.add_brandtext")
    if request.method == "POST" and not may_write:
        raise PermissionDenied
    is_sent = request.method == "POST"
    form = BrandTextForm(request.POST if is_sent else None, initial=_initial(start))
    if is_sent and form.is_valid():
        words = {name: form.cleaned_data[name] for name in ("headline", "promise", "contact")}
        saved = save_text(brand=brand, questions=form.questions, actor=staff, **words)
        return redirect(f"{reverse('backoffice:brand-text', args=[brand.pk])}?version={saved.pk}")
    return render_staff_page(
        request,
        "backoffice/brand_text.html",
        status=400 if is_sent else 200,
        title=f"Home page of {brand}",
        brand=brand,
        form=form,
        pairs=[(form[f"question_{n}"], form[f"answer_{n}"]) for n in range(1, QUESTIONS + 1)],
        start=start,
        shown=published_text(brand),
        versions=versions[:VERSIONS],
        preview_url=_preview_url(request, start) if start else "",
        may_write=may_write,
    )


@require_POST
@staff_page("brands.add_brandtext")
def publish(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Show a version on the home page, after a question."""
    text = get_object_or_404(BrandText.objects.select_related("brand"), pk=number)
    then = reverse("backoffice:brand-text", args=[text.brand_id])
    if not is_confirmed(request):
        facts = (("Brand", text.brand.name), ("Headline", text.headline or text.brand.tagline))
        effect = "Everyone who opens the home page will see it. You can go back to an older version."
        question = Confirmation(
            "Publish this version?", facts, effect, "Publish", then, is_reason_needed=False
        )
        return ask_staff(request, question)
    return run_service(
        request, lambda: publish_text(text_id=number, actor=staff), then=then, message="Published."
    )


def _preview_url(request: HttpRequest, text: BrandText) -> str:
    """On the brand's own host, at the port that staff came by."""
    host = text.brand.hosts.first()
    if host is None:
        return ""
    port = urlsplit(request.build_absolute_uri()).port
    site = f"{request.scheme}://{host.host}{f':{port}' if port else ''}"
    return f"{site}{get_script_prefix()}?{preview_query(text)}"
