"""Addresses of the audit log, of API keys and of people."""

from django.urls import path, re_path

from audit import key_views, people_views, views

urlpatterns = [
    path("audit/", views.EntryList.as_view(), name="audit"),
    path("audit/<int:pk>/", views.EntryDetail.as_view(), name="audit-entry"),
    path("keys/", key_views.ApiKeys.as_view(), name="api-keys"),
    path("keys/<int:pk>/revoke/", key_views.RevokeApiKey.as_view(), name="api-key-revoke"),
    path("keys/<int:pk>/take/", key_views.TakeApiKey.as_view(), name="api-key-take"),
    path("roles/", people_views.Roles.as_view(), name="roles"),
    path("people/", people_views.PeopleList.as_view(), name="people"),
    path("people/invite/", people_views.Invite.as_view(), name="invite"),
    path("people/<int:pk>/", people_views.Person.as_view(), name="person"),
    path("people/<int:pk>/roles/", people_views.ChangeRoles.as_view(), name="person-roles"),
    re_path(
        r"^people/(?P<pk>[0-9]{1,18})/(?P<name>link|deactivate|activate|second-factor|sessions)/$",
        people_views.PersonAction.as_view(),
        name="person-action",
    ),
    re_path(
        r"^people/changes/(?P<pk>[0-9]{1,18})/(?P<verdict>approve|refuse)/$",
        people_views.Decide.as_view(),
        name="access-change",
    ),
    path("sessions/<int:pk>/end/", people_views.EndSession.as_view(), name="session-end"),
]
